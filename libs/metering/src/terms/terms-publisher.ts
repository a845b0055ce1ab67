import type { Logger, NamespaceId } from '@waybill/kernel';
import type { PublishedPrice, PublishGateState, QuotaState } from './publish-terms.js';
import { writeTerms } from './publish-terms.js';
import type { TermsCopyStore } from './terms-copy.store.js';
import type { NamespaceTerms, TermsStore } from './terms.store.js';

const perPage = 500;

/** Brings prices and gates from PostgreSQL to where publishes see them: at once, and by the relay when that failed. */
export class TermsPublisher {
  #verifiedRun: string | undefined;

  constructor(
    private readonly terms: TermsStore,
    private readonly copy: TermsCopyStore,
    private readonly logger: Logger,
  ) {}

  /** What is noted is in force soon, whatever happens here; `in_force`: no later publish sees what was before. Fails only when it cannot be noted: `namespace_not_found`, or the database. */
  async put(namespaceId: NamespaceId, change: { readonly price: PublishedPrice | null } | { readonly gate: PublishGateState }): Promise<'in_force' | 'noted'> {
    writeTerms(0n, 'price' in change ? change.price : null, 'gate' in change ? change.gate : null);
    const noted = await this.terms.put(namespaceId, change);
    try {
      return await this.#publish(noted);
    } catch (error) {
      this.logger.warn('publish_terms.not_published', { namespaceId, error: error instanceof Error ? error : new Error(String(error)) });
      return 'noted';
    }
  }

  quota(namespaceId: NamespaceId): Promise<QuotaState> {
    const now = new Date();
    return this.copy.quota(namespaceId, now.getUTCFullYear() * 12 + now.getUTCMonth() + 1);
  }

  /** Publishes what is noted and not in force; everything when another Redis process answers than before. Returns how many, and how many failed. */
  async relay(): Promise<{ readonly published: number; readonly failed: number }> {
    const run = await this.copy.serverRun();
    let [published, failed] = [0, 0];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: NamespaceTerms[] = await this.terms.page(run === this.#verifiedRun, after, perPage);
      for (const terms of page) {
        try {
          await this.#publish(terms);
          published += 1;
        } catch (error) {
          failed += 1;
          this.logger.error('publish_terms.relay_failed', { namespaceId: terms.namespaceId, error: error instanceof Error ? error : new Error(String(error)) });
        }
      }
      after = page.length === perPage ? page.at(-1)?.namespaceId : undefined;
    }
    if (failed === 0) this.#verifiedRun = run;
    return { published, failed };
  }

  async #publish(terms: NamespaceTerms): Promise<'in_force' | 'noted'> {
    const { namespaceId, version, price, gate } = terms;
    const begun = gate?.kind === 'quota' ? await this.terms.usedThisMonth(namespaceId) : undefined;
    const written = await this.copy.write(namespaceId, version, writeTerms(version, price, gate), begun === undefined ? '' : [begun.month, ...begun.used].join(' '));
    await this.terms.markPublished(terms);
    // Superseded: what is in force is newer than this.
    return written === 'written' ? 'in_force' : 'noted';
  }
}

/** The price of a namespace's units, for the receipts of its publishes. */
export class PricePublisher {
  constructor(private readonly publisher: TermsPublisher) {}

  /** In force at every gateway within 10 seconds. Null: receipts carry no price. Fails with `namespace_not_found`. */
  async publish(namespaceId: NamespaceId, price: PublishedPrice | null): Promise<void> {
    await this.publisher.put(namespaceId, { price });
  }
}

/** Whether a namespace may publish. */
export class PublishGate {
  constructor(private readonly publisher: TermsPublisher) {}

  /**
   * In force with the next publish once Redis has it; within 10 seconds when it could not be reached now. A quota begins
   * with what the ledger has of this month, and with 0 in a new namespace. Fails with `namespace_not_found`.
   */
  set(namespaceId: NamespaceId, gate: PublishGateState): Promise<'in_force' | 'noted'> {
    return this.publisher.put(namespaceId, { gate });
  }

  /** What the script that accepts publishes has, now. */
  quota(namespaceId: NamespaceId): Promise<QuotaState> {
    return this.publisher.quota(namespaceId);
  }
}
