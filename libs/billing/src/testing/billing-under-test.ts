import { createHash } from 'node:crypto';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { HeldClock, newId, silentLogger } from '@waybill/kernel';
import { hourMs, LedgerStore, SealStore, TermsStore } from '@waybill/metering';
import type { Dimension, QuotaState } from '@waybill/metering';
import { freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase, Home } from '@waybill/testing';
import { journalOf } from '../finance/journal.js';
import type { JournalLine } from '../finance/journal.js';
import type { InvoiceCloser } from '../invoices/closing.js';
import type { Period } from '../invoices/period.js';
import { openBilling } from '../open-billing.store.js';
import type { Billing, BillingRules } from '../open-billing.store.js';

export interface Used {
  readonly atMs: number;
  readonly dimension: Dimension;
  readonly quantity: bigint;
  readonly resourceId?: string;
  readonly cause?: string;
}

export interface Mail { readonly to: string; readonly subject: string; readonly text: string }

const longAgo = "'2025-01-01T00:00:00Z'";

/** The room on a database of its own, with a clock that is held and mails that are kept. */
export class BillingUnderTest {
  readonly mails: Mail[] = [];
  /** Fails every mail while it is set. */
  mailServerAway = false;
  /** Mails are only logged while it is set. */
  noMailServer = false;
  readonly ledger: LedgerStore;
  readonly seals: SealStore;

  private constructor(
    readonly fresh: FreshDatabase,
    readonly clock: HeldClock,
    readonly billing: Billing,
  ) {
    this.ledger = new LedgerStore(fresh.database);
    this.seals = new SealStore(fresh.database);
  }

  static async start(nowMs: number, rules: Partial<BillingRules> = {}, closer?: InvoiceCloser): Promise<BillingUnderTest> {
    const fresh = await freshDatabase();
    const clock = new HeldClock(nowMs);
    const terms = new TermsStore(fresh.database);
    const billing = openBilling({
      database: fresh.database, logger: silentLogger, clock, closer,
      rules: { defaultPlan: 'payg', reviewAboveCents: 10n ** 9n, twoPersonLimitCents: 10_000n, ...rules },
      gate: {
        set: async (namespaceId, gate) => {
          await terms.put(namespaceId, { gate });
          return 'in_force';
        },
        quota: (namespaceId) => made.#quota(namespaceId),
      },
      notify: (mail) => made.#take(mail),
      prices: { publish: async (namespaceId, price) => void (await terms.put(namespaceId, { price })) },
    });
    await billing.prepare();
    const made: BillingUnderTest = new BillingUnderTest(fresh, clock, billing);
    return made;
  }

  /** As Redis would have it, with what the ledger has as used. */
  async #quota(namespaceId: NamespaceId): Promise<QuotaState> {
    const [row] = await this.fresh.query(`SELECT gate FROM publish_terms WHERE namespace_id = '${namespaceId}'`);
    const gate = row?.['gate'] as { kind: string; limits: Record<string, string> } | null | undefined;
    return { limits: gate?.kind === 'quota' ? Object.fromEntries(Object.entries(gate.limits).map(([dimension, text]) => [dimension, BigInt(text)])) : null, used: {} };
  }

  async #take(mail: Mail): Promise<'sent' | 'not_configured'> {
    if (this.mailServerAway) throw new Error('connect ECONNREFUSED');
    if (this.noMailServer) return 'not_configured';
    this.mails.push(mail);
    return 'sent';
  }

  /** A tenant with one namespace that has been there for long. */
  async newHome(): Promise<Home> {
    const home = await newHome(this.fresh.database);
    await this.fresh.query(`UPDATE tenants SET created_at = ${longAgo} WHERE id = '${home.caller.tenantId}'; UPDATE namespaces SET created_at = ${longAgo} WHERE tenant_id = '${home.caller.tenantId}'`);
    return home;
  }

  async addNamespace({ caller }: Home, name: string): Promise<NamespaceId> {
    const id = newId('namespace');
    await this.fresh.database.asSystem((tx) => tx.namespace.create({ data: { id, tenantId: caller.tenantId, name, environment: 'test', createdAt: new Date('2025-01-01T00:00:00Z') } }));
    return id;
  }

  /** Books usage like the drain does. */
  async use(namespaceId: NamespaceId, used: readonly Used[]): Promise<void> {
    const entries = used.map(({ atMs, dimension, quantity, resourceId = 'q_orders', cause = 'publish' }) => ({ hour: Math.floor(atMs / hourMs), dimension, cause, resourceId, delta: quantity }));
    const batchId = newId('usageBatch');
    await this.ledger.book(namespaceId, batchId, { sealedAtMs: this.clock.nowMs(), entries, sha256: Buffer.from(createHash('sha256').update(batchId).digest()) as Buffer<ArrayBuffer> });
  }

  /** Seals every namespace of a tenant up to an hour. */
  async seal({ caller }: { caller: Caller }, throughMs: number): Promise<void> {
    await this.seals.behind({ sealedMs: 0, archiveMs: 0 }, '', 1);
    const rows = await this.fresh.query(`SELECT id FROM namespaces WHERE tenant_id = '${caller.tenantId}'`);
    for (const { id } of rows) await this.seals.seal({ tenantId: caller.tenantId, namespaceId: String(id) }, throughMs, 'watermark');
  }

  /** Lines of a month's journal. */
  async journal(period: Period): Promise<JournalLine[]> {
    const lines: JournalLine[] = [];
    await this.billing.journal.pages(period, async (facts) => void lines.push(...journalOf(facts)));
    return lines;
  }

  stop(): Promise<void> {
    return this.fresh.drop();
  }
}
