import { Injectable } from '@nestjs/common';
import { resourceKindOf, UsageSourceStore } from '@waybill/billing';
import type { getUsage, Parsed, Reply } from '@waybill/contracts';
import { systemClock, WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { UsageReader } from '@waybill/metering';
import { TopologyService } from '@waybill/topology';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Hours of one answer: a quarter. */
const longestMs = 92 * dayMs;

type Range = Parsed<typeof getUsage>['query'];
type Usage = Reply<typeof getUsage>;

/** Usage with the names that people gave; a resource that is gone has none. */
@Injectable()
export class UsageView {
  constructor(
    private readonly usage: UsageReader,
    private readonly topology: TopologyService,
    private readonly source: UsageSourceStore,
  ) {}

  /** Fails with `namespace_not_found`, and `request_invalid` for a range that is empty or longer than 92 days. */
  async read(caller: Caller, namespaceId: string, range: Range): Promise<Usage> {
    const { asOfMs, rows } = await this.usage.read(caller, namespaceId, rangeOf(range, systemClock.nowMs()));
    const pushing = [...new Set(rows.map(({ resourceId }) => resourceId).filter((id) => resourceKindOf(id) === 'subscription'))];
    const names = new Map([...(await this.topology.names(caller, namespaceId)), ...(await this.source.names(caller, pushing))]);
    const totals = new Map<string, bigint>();
    for (const { dimension, quantity } of rows) totals.set(dimension, (totals.get(dimension) ?? 0n) + quantity);
    return {
      asOf: new Date(asOfMs).toISOString(),
      totals: Object.fromEntries([...totals].map(([dimension, quantity]) => [dimension, String(quantity)])),
      rows: rows.map(({ hourMs: hour, dimension, cause, resourceId, quantity }) => ({
        hour: new Date(hour).toISOString(), dimension, cause, quantity: String(quantity),
        resource: { id: resourceId, kind: names.get(resourceId)?.kind ?? resourceKindOf(resourceId), name: names.get(resourceId)?.name ?? null },
      })),
    };
  }
}

/** Default: the hours of today, UTC, the current one included. */
function rangeOf({ from, to }: Range, nowMs: number): { fromMs: number; toMs: number } {
  const fromMs = from === undefined ? Math.floor(nowMs / dayMs) * dayMs : Date.parse(from);
  const toMs = to === undefined ? (Math.floor(nowMs / hourMs) + 1) * hourMs : Date.parse(to);
  if (toMs <= fromMs) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'query.to', message: 'must be after "from"' }] });
  if (toMs - fromMs > longestMs) throw new WaybillError('request_invalid', {}, { issues: [{ path: 'query.to', message: 'must be at most 92 days after "from"' }] });
  return { fromMs, toMs };
}
