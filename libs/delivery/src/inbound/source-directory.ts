import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock } from '@waybill/kernel';
import type { SecretSealer } from '../subscriptions/subscription-secrets.js';
import { keyTemplate } from './key-template.js';
import type { KeySource } from './key-template.js';
import type { PublishedSourceStore } from './published-source.store.js';
import { sourceSecretName } from './source.js';
import type { PublishedSource } from './source.js';
import { verifierOf } from './verification.js';
import type { Verifier } from './verification.js';

/** A source that is ready to take calls. */
export interface OpenSource {
  readonly source: PublishedSource;
  readonly caller: Caller;
  readonly verify: Verifier;
  readonly keyOf: (call: KeySource) => string;
}

interface Entry {
  readonly opened: Promise<OpenSource | null>;
  readonly freshUntilMs: number;
}

/** A change is seen within this, far below the 5 seconds in which a revocation must be; a source is read that often at most. */
export const sourceFreshMs = 2_000;
const entryLimit = 10_000;
const idPattern = /^src_[0-9a-z]{1,40}$/;

/** Sources as a gateway needs them: from the copy in Redis, opened once in a while. PostgreSQL may be down. */
export class SourceDirectory {
  /** In the order they were read; unknown ids are here too, so guesses cost Redis no more than this. */
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly store: Pick<PublishedSourceStore, 'find'>,
    private readonly box: SecretSealer,
    private readonly clock: Clock,
  ) {}

  /** Fails with `source_not_found`, `store_unavailable`, or a plain Error when no key opens its secrets. */
  async find(id: string): Promise<OpenSource> {
    if (!idPattern.test(id)) throw new WaybillError('source_not_found');
    const nowMs = this.clock.nowMs();
    let entry = this.#entries.get(id);
    if (entry === undefined || entry.freshUntilMs <= nowMs) {
      entry = { opened: this.#open(id, nowMs), freshUntilMs: nowMs + sourceFreshMs };
      this.#keep(id, entry);
    }
    const found = await entry.opened;
    if (found === null) throw new WaybillError('source_not_found');
    return found;
  }

  async #open(id: string, nowMs: number): Promise<OpenSource | null> {
    try {
      const source = await this.store.find(id);
      if (source === null) return null;
      const { tenantId, namespaceId, scheme, key, secrets } = source;
      const live = secrets.filter(({ liveUntilMs }) => liveUntilMs === null || liveUntilMs > nowMs);
      return {
        source, keyOf: keyTemplate(key),
        verify: verifierOf(scheme, live.map(({ sealed }) => this.box.open(sealed, { tenantId, namespaceId, subject: id, name: sourceSecretName }))),
        caller: { actor: { kind: 'source', id }, tenantId, namespaceId, permissions: new Set(['messages:publish']) },
      };
    } catch (error) {
      this.#entries.delete(id);
      throw error;
    }
  }

  #keep(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    if (this.#entries.size > entryLimit) for (const oldest of this.#entries.keys()) return void this.#entries.delete(oldest);
  }
}
