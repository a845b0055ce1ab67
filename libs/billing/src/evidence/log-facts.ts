import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import type { CountedRow, MessageLogReader } from '@waybill/message-log';
import type { DeliveryFact, FactCount, FactHour, FactPage, FactPlace, FactRows, FactSource, MessageFact, RecountState } from './facts.js';
import { hourMs } from './facts.js';
import { isLogged, loggedDimensions, recountLog, unitsOf } from './recount.js';

/** The message log: publishes, passes, and what went out. */
export class LogFacts implements FactSource {
  readonly dimensions = loggedDimensions;

  constructor(private readonly log: Pick<MessageLogReader, 'counted' | 'storedUntilMs'>) {}

  async count(hour: FactHour): Promise<FactCount> {
    const endMs = hour.hourMs + hourMs;
    const storedUntilMs = await this.log.storedUntilMs(hour);
    const { units, digest, saysKibOut } = await recountLog(this.log, hour, { fromMs: hour.hourMs, toMs: endMs });
    const state: RecountState = storedUntilMs === null ? (units.size === 0 ? 'log_off' : 'counted') : storedUntilMs < endMs ? 'behind' : 'counted';
    return { state, units, digest, ...(saysKibOut ? {} : { except: new Map([['mq_kib_out', 'not_kept']]) }) };
  }

  async keeps(hour: FactHour): Promise<boolean> {
    return (await this.log.storedUntilMs(hour)) !== null;
  }

  async rows(caller: Caller, { namespaceId, resourceId, dimension, hourMs: fromMs }: FactPlace, { limit, after }: FactPage): Promise<FactRows> {
    if (after !== undefined && !/^\d{1,15}$/.test(after)) throw new WaybillError('page_token_invalid');
    if (!isLogged(dimension)) return { items: [], next: null };
    const range = {
      fromMs, toMs: fromMs + hourMs, afterNumber: after === undefined ? undefined : Number(after), queueId: resourceId.startsWith('q_') ? resourceId : undefined,
      only: dimension === 'mq_kib_out' ? ('deliveries' as const) : ('passes' as const),
    };
    const found: { readonly number: number; readonly fact: MessageFact | DeliveryFact }[] = [];
    for await (const rows of this.log.counted({ tenantId: caller.tenantId, namespaceId }, range)) {
      for (const row of rows) {
        const units = unitsOf(row, dimension).filter(([, id]) => id === resourceId);
        if (units.length > 0) found.push({ number: row.number, fact: factOf(row, units[0]![0], units.reduce((sum, [, , amount]) => sum + amount, 0n)) });
      }
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    return { items: page.map(({ fact }) => fact), next: found.length > limit ? String(page.at(-1)!.number) : null };
  }
}

function factOf(row: CountedRow, cause: string, units: bigint): MessageFact | DeliveryFact {
  const of = { id: row.messageId, atMs: row.atMs, cause, units };
  if (row.kind === 'delivered') return { ...of, kind: 'delivery', holder: row.holder || null };
  if (row.kind === 'dead') return { ...of, kind: 'message', bytes: null, key: null, exchanges: [], queues: [row.queueId], publishedBy: null };
  return { ...of, kind: 'message', bytes: row.bytes, key: row.key, exchanges: row.exchanges, queues: row.queues, publishedBy: row.publishedBy || null };
}
