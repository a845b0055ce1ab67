import { attemptEntryOf } from '@waybill/broker';
import type { Logger, NamespaceId } from '@waybill/kernel';
import type { SettledEntry } from './attempt.js';
import { settledOf } from './attempt-drain.js';
import type { AttemptStore } from './attempt.store.js';
import type { ParkedAttemptsStore } from './parked-attempts.store.js';

/** Entries of attempts that wait for a worker that understands them. */
export class ParkedAttempts {
  constructor(
    private readonly parked: ParkedAttemptsStore,
    private readonly store: Pick<AttemptStore, 'takeBack'>,
    private readonly logger: Logger,
  ) {}

  /** Reads all again, and stores as attempts what is understood by now. Returns how many entries. */
  async retry(): Promise<number> {
    let taken = 0;
    for (const namespaceId of await this.parked.namespaces()) taken += await this.#retry(namespaceId);
    if (taken > 0) this.logger.info('push.attempts_taken_back', { entries: taken });
    return taken;
  }

  async #retry(namespaceId: NamespaceId): Promise<number> {
    let taken = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { entries, ended }: Awaited<ReturnType<ParkedAttemptsStore['page']>> = await this.parked.page(namespaceId, after);
      const understood = new Map<string, SettledEntry>();
      for (const { id, fields } of entries) {
        const entry = settledOf(attemptEntryOf(id, fields));
        if (!('fault' in entry)) understood.set(id, entry);
      }
      taken += await this.store.takeBack(namespaceId, understood);
      after = ended ? undefined : entries.at(-1)?.id;
    }
    return taken;
  }
}
