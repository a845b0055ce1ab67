import type { Logger, NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { Committed, VersionedChange } from './namespace.store.js';
import type { NamespaceVersion, OutboxStore } from './outbox.store.js';
import { rebuildSnapshot } from './snapshot-rebuild.js';
import type { SnapshotStore } from './snapshot.store.js';
import type { WholeTopologyStore } from './whole-topology.store.js';

/** A snapshot further behind than this is written anew: that is less work than replaying. */
const versionsReplayed = 100n;
const attempts = 10;
const namespacesPerRound = 1_000;
const namespacesAtOnce = 8;

export interface RelayResult {
  /** Namespaces whose snapshot was brought up to date or found to be so. */
  readonly current: number;
  readonly failed: number;
}

/** Brings committed topology changes into force in Redis, in order, none twice and none left out. */
export class SnapshotPublisher {
  /** Server run under which every snapshot was compared with PostgreSQL. */
  #verifiedRun: string | undefined;

  constructor(
    private readonly outbox: OutboxStore,
    private readonly definitions: WholeTopologyStore,
    private readonly snapshots: SnapshotStore,
    private readonly logger: Logger,
  ) {}

  /**
   * Returns once the change is in force for publishers. Also for a change that changed nothing: an earlier attempt
   * may have been committed and not published. Fails with `topology_not_published`; repeating the request, or the relay, heals it.
   */
  async publish(namespaceId: NamespaceId, { version, changes }: Committed<unknown>): Promise<void> {
    try {
      const inOrder = changes.length > 0 && (await this.#apply(namespaceId, changes));
      if (!inOrder) await this.#catchUp(namespaceId, version);
    } catch (error) {
      throw new WaybillError('topology_not_published', {}, { cause: error });
    }
    if (changes.length > 0) await this.#markApplied(namespaceId, version);
  }

  /**
   * Publishes what is committed and not in force, for all namespaces. After a start, and when another Redis process
   * answers, compares every namespace's version and rebuilds what Redis lost; otherwise an idle namespace costs nothing.
   * One namespace's failure is logged and leaves the others alone. Fails when either store cannot be reached at all.
   */
  async relay(): Promise<RelayResult> {
    const run = await this.snapshots.serverRun();
    if (run === this.#verifiedRun) return this.#bring(await this.outbox.outstanding(namespacesPerRound));
    let result: RelayResult = { current: 0, failed: 0 };
    for (let after = ''; ; ) {
      const page = await this.outbox.namespaces(after, namespacesPerRound);
      const last = page.at(-1);
      if (!last) break;
      after = last.id;
      const versions = await this.snapshots.versions(page.map(({ id }) => id));
      const { current, failed } = await this.#bring(page.filter(({ version }, i) => (versions[i] ?? 0n) !== version));
      result = { current: result.current + current, failed: result.failed + failed };
    }
    if (result.failed === 0) this.#verifiedRun = run;
    return result;
  }

  async #bring(namespaces: readonly NamespaceVersion[]): Promise<RelayResult> {
    let failed = 0;
    const waiting = [...namespaces];
    const lane = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        try {
          await this.#catchUp(next.id, next.version);
          await this.outbox.markApplied(next.id, next.version);
        } catch (error) {
          failed += 1;
          this.logger.error('topology.relay_failed', { namespaceId: next.id, version: String(next.version), error: toError(error) });
        }
      }
    };
    await Promise.all(Array.from({ length: namespacesAtOnce }, lane));
    return { current: namespaces.length - failed, failed };
  }

  /** Brings the snapshot to `target` or beyond, from whatever Redis has. */
  async #catchUp(namespaceId: NamespaceId, target: bigint): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const inForce = await this.snapshots.version(namespaceId);
      const version = inForce ?? 0n;
      if (version === target) return;
      if (version > target && (await this.#isCommitted(namespaceId, version))) return;
      const changes = version < target && target - version <= versionsReplayed ? await this.outbox.after(namespaceId, version, Number(versionsReplayed)) : [];
      if (changes[0]?.version === version + 1n && (await this.#apply(namespaceId, changes))) continue;
      const outcome = await rebuildSnapshot(this.definitions, this.snapshots, namespaceId, inForce);
      if (outcome === 'no_namespace') return;
      this.logger.warn('topology.rebuilt', { namespaceId, inForce: inForce === null ? null : String(inForce), outcome });
    }
    throw new Error(`the snapshot of ${namespaceId} keeps changing under the rebuild`);
  }

  /** Whether a version beyond the one looked for is another writer's commit, and not a state PostgreSQL has lost. */
  async #isCommitted(namespaceId: NamespaceId, version: bigint): Promise<boolean> {
    return (await this.outbox.committedVersion(namespaceId)) >= version;
  }

  /** False as soon as Redis misses an earlier version. */
  async #apply(namespaceId: NamespaceId, changes: readonly VersionedChange[]): Promise<boolean> {
    for (const change of changes) {
      if ((await this.snapshots.apply(namespaceId, change)) === 'behind') return false;
    }
    return true;
  }

  /** The change is in force whatever happens here; the relay marks it later. */
  async #markApplied(namespaceId: NamespaceId, version: bigint): Promise<void> {
    try {
      await this.outbox.markApplied(namespaceId, version);
    } catch (error) {
      this.logger.warn('topology.mark_failed', { namespaceId, version: String(version), error: toError(error) });
    }
  }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
