import type { NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import type { LedgerStore, ParkedBatches, ParkedUsageBatch } from '@waybill/metering';
import type { AlertStore, OpenAlert } from '../alerts/alert.store.js';
import type { Alerts } from '../alerts/alerts.js';
import type { FinanceEventStore } from './finance-event.store.js';
import type { Doer } from './settlement.store.js';

export const batchDecisions = ['retry', 'drop'] as const;
export type BatchDecision = (typeof batchDecisions)[number];

/** Counted usage that is on no invoice. */
export interface UnbookedUsage {
  readonly namespaceId: string;
  /** Null: PostgreSQL does not have the namespace. */
  readonly tenantId: string | null;
  readonly batchId: string;
  /** parked: it is kept whole. lost: its counters are gone. */
  readonly state: 'parked' | 'lost';
  readonly sealedAtMs: number | null;
  /** How many counters it has; null when they are gone. */
  readonly counters: number | null;
  readonly reason: string;
}

/** A type, not an interface: an approval keeps it as a record. */
export type BatchChoice = { readonly namespaceId: string; readonly batchId: string; readonly decision: BatchDecision; readonly reason: string };

/** The history keeps what was dropped; of a batch with more counters, its digest stands for the rest. */
const linesKept = 200;
const [parkedCode, lostCode] = ['usage_batch_parked', 'usage_batch_lost'] as const;

/** What finance does about batches of usage that cannot be booked: try them again, or drop them for good. */
export class UsageBatches {
  constructor(
    private readonly batches: ParkedBatches,
    private readonly ledger: Pick<LedgerStore, 'tenantOf'>,
    private readonly store: Pick<AlertStore, 'subjects' | 'open'>,
    private readonly alerts: Pick<Alerts, 'clear'>,
    private readonly events: Pick<FinanceEventStore, 'record'>,
  ) {}

  /** Those of every namespace with an alert. */
  async list(): Promise<UnbookedUsage[]> {
    const unbooked: UnbookedUsage[] = [];
    for (const namespaceId of await this.store.subjects(parkedCode)) {
      const tenantId = await this.ledger.tenantOf(namespaceId as NamespaceId);
      for (const batch of await this.batches.list(namespaceId as NamespaceId)) unbooked.push(parkedView(namespaceId, tenantId, batch));
    }
    return [...unbooked, ...(await this.#lost()).map(lostView)];
  }

  /** Whose it is. Fails with `usage_batch_not_found`, and with `usage_batch_lost` where there is nothing to try again. */
  async weigh(choice: Pick<BatchChoice, 'namespaceId' | 'batchId' | 'decision'>): Promise<UnbookedUsage> {
    return (await this.#look(choice)).batch;
  }

  /** Who, approved by whom, when, why and what stands in the history before anything is dropped. Fails like {@link weigh}. */
  async carryOut(choice: BatchChoice, { actor, approvedBy, nowMs }: Doer): Promise<void> {
    const { batchId, decision, reason } = choice;
    const namespaceId = choice.namespaceId as NamespaceId;
    const { batch, content } = await this.#look(choice);
    const before = { state: batch.state, reason: batch.reason, sealedAt: batch.sealedAtMs === null ? null : new Date(batch.sealedAtMs).toISOString(), ...(content === null ? {} : { sha256: content.sha256, counters: content.lines.length, lines: content.lines.slice(0, linesKept) }) };
    await this.events.record({ tenantId: batch.tenantId ?? '', actor, approvedBy, action: decision === 'retry' ? 'usage_batch.retried' : 'usage_batch.dropped', subject: batchId, before, after: { namespaceId, reason } }, nowMs);
    if (batch.state === 'lost') return this.alerts.clear(lostCode, lostSubject(namespaceId, batchId));
    const done = decision === 'retry' ? await this.batches.retry(namespaceId, batchId) : await this.batches.drop(namespaceId, batchId);
    if (!done) throw new WaybillError('usage_batch_not_found');
    if (decision === 'drop' && (await this.batches.isClear(namespaceId))) await this.alerts.clear(parkedCode, namespaceId);
  }

  /** `content` is null when the counters are gone. */
  async #look({ namespaceId, batchId, decision }: Pick<BatchChoice, 'namespaceId' | 'batchId' | 'decision'>): Promise<{ batch: UnbookedUsage; content: ParkedUsageBatch | null }> {
    const content = await this.batches.find(namespaceId as NamespaceId, batchId);
    if (content !== null) return { batch: parkedView(namespaceId, await this.ledger.tenantOf(namespaceId as NamespaceId), content), content };
    const lost = (await this.#lost()).find(({ subject }) => subject === lostSubject(namespaceId, batchId));
    if (lost === undefined) throw new WaybillError('usage_batch_not_found');
    if (decision === 'retry') throw new WaybillError('usage_batch_lost');
    return { batch: lostView(lost), content };
  }

  #lost(): Promise<OpenAlert[]> {
    return this.store.open({ code: lostCode });
  }
}

/** What the alert of a lost batch is about. */
export const lostSubject = (namespaceId: string, batchId: string): string => `${namespaceId} ${batchId}`;

function parkedView(namespaceId: string, tenantId: string | null, { batchId, sealedAtMs, lines, fault }: ParkedUsageBatch): UnbookedUsage {
  const refused = tenantId === null ? 'the namespace does not exist' : 'the ledger has other content under this id, or it was not tried again yet';
  return { namespaceId, tenantId, batchId, state: 'parked', sealedAtMs, counters: lines.length, reason: fault === null ? refused : `not understood: ${fault}` };
}

function lostView({ subject, tenantId, detail }: OpenAlert): UnbookedUsage {
  const [namespaceId = '', batchId = ''] = subject.split(' ');
  return { namespaceId, tenantId, batchId, state: 'lost', sealedAtMs: null, counters: null, reason: detail };
}
