import { readFileSync } from 'node:fs';
import { activeNamespacesKey, keys, operationKeys } from '@waybill/broker';
import type { Redis } from '@waybill/broker';
import type { NamespaceId } from '@waybill/kernel';
import type { UsageCounterStore } from '@waybill/metering';

const forgetSource = readFileSync(new URL('./redis/forget.lua', import.meta.url), 'utf8');

/** Gateways renew a mark every 20 s while they use the namespace. */
export const idleAfterMs = 600_000;
/** Namespaces asked about in one round trip. */
const perRoundTrip = 500;

export interface ActiveNamespace {
  readonly id: NamespaceId;
  /** When a gateway last marked it, as Redis prints the score. */
  readonly markedMs: string;
}

/** The namespaces that may have work, so that idle ones cost the worker nothing. */
export class ActiveNamespaces {
  constructor(
    private readonly redis: Redis,
    private readonly counters: UsageCounterStore,
  ) {}

  async list(): Promise<ActiveNamespace[]> {
    const flat = await this.redis.zrange(activeNamespacesKey, '0', '-1', 'WITHSCORES');
    return Array.from({ length: flat.length / 2 }, (_, i) => ({ id: flat[i * 2] as NamespaceId, markedMs: flat[i * 2 + 1]! }));
  }

  /** Those with counted usage that is not in the ledger. */
  withUsage(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    return this.#having(namespaces, (id) => this.counters.keysOf(id));
  }

  /** Those with entries of the message log that are not in the database. */
  async withLog(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    const lengths = await this.#askAll(namespaces, (pipeline, id) => pipeline.xlen(keys.log(id)));
    return namespaces.filter((_, i) => lengths[i] !== 0);
  }

  /** What waits in the message logs: bytes, and when the oldest entry was written, ms; undefined when nothing waits. */
  async logBacklog(namespaces: readonly NamespaceId[]): Promise<{ readonly bytes: number; readonly oldestMs: number | undefined }> {
    const bytes = await this.#askAll(namespaces, (pipeline, id) => pipeline.get(keys.logBytes(id)));
    const first = await this.#askAll(namespaces, (pipeline, id) => pipeline.xrange(keys.log(id), '-', '+', 'COUNT', 1));
    const writtenMs = first.flatMap((entries) => (entries as [string, string[]][]).map(([entryId]) => Number(entryId.split('-')[0])));
    return { bytes: bytes.reduce<number>((sum, each) => sum + Number(each ?? 0), 0), oldestMs: writtenMs.length === 0 ? undefined : Math.min(...writtenMs) };
  }

  /** Those with attempts of push subscriptions that are not in the database. */
  async withAttempts(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    const lengths = await this.#askAll(namespaces, (pipeline, id) => pipeline.xlen(keys.attempts(id)));
    return namespaces.filter((_, i) => lengths[i] !== 0);
  }

  /** Those with dead letters that wait to be sent to an exchange. */
  withForwards(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    return this.#having(namespaces, (id) => [keys.forward(id)]);
  }

  /** Those with a redrive, move or purge that has not ended. */
  withTasks(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    return this.#having(namespaces, (id) => [operationKeys.runningTasks(id)]);
  }

  /** Those with a schedule that has a next run. */
  withSchedules(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    return this.#having(namespaces, (id) => [keys.schedulesDue(id)]);
  }

  /** Those with usage, leases, delays, log entries, attempts or dead letters to send on. */
  async withWork(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    // A collection that became empty does not exist in Redis, except for a stream.
    const working = new Set(await this.#having(namespaces, (id) => [...this.counters.keysOf(id), keys.due(id), keys.forward(id)]));
    for (const id of await this.withLog(namespaces)) working.add(id);
    for (const id of await this.withAttempts(namespaces)) working.add(id);
    return namespaces.filter((id) => working.has(id));
  }

  /** Those in which a lease or a delay may have ended by now. */
  async withDue(namespaces: readonly NamespaceId[]): Promise<NamespaceId[]> {
    const nowMs = await this.nowMs();
    const earliest = await this.#askAll(namespaces, (pipeline, id) => pipeline.zrange(keys.due(id), '0', '0', 'WITHSCORES'));
    return namespaces.filter((_, i) => {
      const [, dueMs] = earliest[i] as [string?, string?];
      return dueMs !== undefined && Number(dueMs) <= nowMs;
    });
  }

  /** Puts namespaces on the list that hold work and are not on it; a mark that is there stays. */
  async add(namespaces: readonly NamespaceId[]): Promise<void> {
    if (namespaces.length === 0) return;
    const nowMs = await this.nowMs();
    await this.redis.zadd(activeNamespacesKey, 'NX', ...namespaces.flatMap((id) => [nowMs, id]));
  }

  /** Forgets those not marked for ten minutes that have nothing left to do. Returns how many. */
  async forgetIdle(active: readonly ActiveNamespace[]): Promise<number> {
    const idleSince = (await this.nowMs()) - idleAfterMs;
    const old = active.filter(({ markedMs }) => Number(markedMs) < idleSince);
    const busy = new Set(await this.withWork(old.map(({ id }) => id)));
    let forgotten = 0;
    for (const { id, markedMs } of old) {
      if (!busy.has(id)) forgotten += Number(await this.redis.eval(forgetSource, 1, activeNamespacesKey, id, markedMs));
    }
    return forgotten;
  }

  /** Redis time: what its scripts count and lease by. */
  async nowMs(): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  async #having(namespaces: readonly NamespaceId[], keysOf: (id: NamespaceId) => string[]): Promise<NamespaceId[]> {
    const found = await this.#askAll(namespaces, (pipeline, id) => pipeline.exists(...keysOf(id)));
    return namespaces.filter((_, i) => found[i] !== 0);
  }

  async #askAll(namespaces: readonly NamespaceId[], ask: (pipeline: ReturnType<Redis['pipeline']>, id: NamespaceId) => unknown): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (let from = 0; from < namespaces.length; from += perRoundTrip) {
      const pipeline = this.redis.pipeline();
      for (const id of namespaces.slice(from, from + perRoundTrip)) ask(pipeline, id);
      for (const [error, answer] of (await pipeline.exec()) ?? []) {
        if (error) throw error;
        answers.push(answer);
      }
    }
    return answers;
  }
}
