import { DrillDown, EvidenceStore, Reconciliation, UsageSourceStore } from '@waybill/billing';
import type { Evidence, Share } from '@waybill/billing';
import { Injectable } from '@nestjs/common';
import type { drillDownUsage, Parsed, reconcileUsage, Reply } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { TopologyService } from '@waybill/topology';
import { hourAnswer } from './hour-facts-reply.js';

type Query = Parsed<typeof drillDownUsage>['query'];
type Answer = Reply<typeof drillDownUsage>;
type Item = Answer['items'][number];

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Days of one answer: a year. */
const longestMs = 366 * dayMs;

/** The levels under an invoice line with the names people gave, and the recount of an hour. */
@Injectable()
export class DrillDownView {
  constructor(
    private readonly drillDown: DrillDown,
    private readonly evidence: EvidenceStore,
    private readonly reconciliation: Reconciliation,
    private readonly topology: TopologyService,
    private readonly source: UsageSourceStore,
  ) {}

  /** Fails with `namespace_not_found`, `page_token_invalid`, and `request_invalid` for a range that is empty or longer than a year. */
  async read(caller: Caller, query: Query): Promise<Answer> {
    const days = { fromMs: Date.parse(query.from), toMs: Date.parse(query.to) };
    if (days.toMs <= days.fromMs || days.toMs - days.fromMs > longestMs) throw invalid('to', 'must be after "from", by at most 366 days');
    const { dimension, namespace, resource, limit, after } = query;
    // A key of one namespace sees no sum over several.
    if (caller.namespaceId !== null && caller.namespaceId !== namespace) throw new WaybillError('namespace_not_found');
    if (dimension === undefined) return answer('dimensions', { total: null, items: (await this.drillDown.dimensions(caller, days)).map((share) => shareItem(share)) });
    if (namespace === undefined) {
      const { total, items, next } = await this.drillDown.namespaces(caller, { dimension, days, limit, after });
      return answer('namespaces', { total: String(total), items: items.map((share) => shareItem(share)), next });
    }
    const names = await this.topology.names(caller, namespace);
    const nameOf = (id: string) => names.get(id)?.name ?? null;
    if (resource === undefined) {
      const { total, items, next } = await this.drillDown.resources(caller, namespace, { dimension, days, limit, after });
      const all = await this.source.names(caller, items.map(({ id }) => id));
      return answer('resources', { total: String(total), items: items.map((share) => shareItem(share, all.get(share.id)?.name ?? nameOf(share.id))), next });
    }
    const place = { namespaceId: namespace as NamespaceId, resourceId: resource, dimension };
    if (query.day === undefined && query.hour === undefined) {
      const { total, items } = await this.drillDown.days(caller, place, days);
      return answer('days', { total: String(total), items: items.map(({ startMs, quantity }) => ({ id: new Date(startMs).toISOString().slice(0, 10), name: null, quantity: String(quantity) })) });
    }
    if (query.hour === undefined) {
      const { total, items } = await this.drillDown.hours(caller, place, Date.parse(query.day!));
      return answer('hours', {
        total: String(total),
        items: items.map(({ startMs, quantity, ...rest }) => ({ id: new Date(startMs).toISOString(), name: null, quantity: String(quantity), ...rest })),
      });
    }
    const startMs = startOfHour(query.hour, 'hour');
    const facts = await this.drillDown.hourFacts(caller, { ...place, hourMs: startMs }, { limit, after });
    return hourAnswer(dimension, facts, nameOf, evidenceOf(facts.evidence));
  }

  /** Fails with `namespace_not_found`. */
  async reconcile(caller: Caller, namespaceId: string, hour: string): Promise<Reply<typeof reconcileUsage>> {
    const startMs = startOfHour(hour, 'hour');
    // Checks that the namespace is the caller's.
    await this.topology.names(caller, namespaceId);
    const { state, counted, recounts, differences } = await this.reconciliation.hour(caller, namespaceId as NamespaceId, startMs);
    return {
      hour: new Date(startMs).toISOString(), state, counted, evidence: evidenceOf(await this.evidence.read(caller, namespaceId, startMs)),
      recounts: recounts.map(({ dimension, state: of, sinceMs }) => ({ dimension, state: of, since: sinceMs === null ? null : new Date(sinceMs).toISOString() })),
      differences: differences.map(({ hourMs: _hourMs, log, record, entries, late, ...rest }) => ({
        ...rest, log: log === null ? null : String(log), record: String(record), entries: String(entries), late: String(late),
      })),
    };
  }
}

const nothingMore = { next: null, endsAtHour: null, evidence: null } as const;
const answer = (level: Answer['level'], rest: Pick<Answer, 'total' | 'items'> & Partial<Answer>): Answer => ({ ...nothingMore, ...rest, level });
const shareItem = ({ id, quantity }: Share, name: string | null = null): Item => ({ id, name, quantity: String(quantity) });
const evidenceOf = (evidence: Evidence | null): Answer['evidence'] =>
  evidence && { kept: evidence.kept, messages: String(evidence.messages), bytes: String(evidence.bytes), sha256: evidence.sha256, units: Object.fromEntries([...evidence.units].map(([dimension, units]) => [dimension, String(units)])) };

function startOfHour(text: string, field: string): number {
  const ms = Date.parse(text);
  if (ms % hourMs !== 0) throw invalid(field, 'must be the start of an hour');
  return ms;
}

const invalid = (field: string, message: string) => new WaybillError('request_invalid', {}, { issues: [{ path: `query.${field}`, message }] });
