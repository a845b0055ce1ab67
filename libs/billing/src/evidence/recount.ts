import type { CountedRow, LogOwner, MessageLogReader, PublishedRow } from '@waybill/message-log';
import type { DigestOfMessages } from './message-digest.js';
import { MessageDigest } from './message-digest.js';

/** What the message log is counted for: D1 to D5, and units of 64 KiB. */
export const loggedDimensions = ['mq_messages', 'mq_kib_in', 'mq_exchange_passes', 'mq_queue_passes', 'mq_kib_out', 'mq_message_units'] as const;
export type LoggedDimension = (typeof loggedDimensions)[number];

/**
 * What is counted again from something that the ledger was not booked from: the message log, and the calls to destinations as they were
 * recorded. Minutes (D7, D8) and stored data (D9) are booked from the same lifetimes and samples that they are counted again from: equal
 * sums prove the arithmetic there, and nothing about what was measured.
 */
const independent: ReadonlySet<string> = new Set([...loggedDimensions, 'mq_push_attempts']);
export const isIndependent = (dimension: string): boolean => independent.has(dimension);

export const isLogged = (dimension: string): dimension is LoggedDimension => (loggedDimensions as readonly string[]).includes(dimension);

export interface LogRecount {
  /** `<dimension>|<cause>|<resource id>` to units, as the ledger has its records. */
  readonly units: ReadonlyMap<string, bigint>;
  readonly digest: DigestOfMessages;
  /** False when the log has deliveries that do not say what went out: an older version wrote them. */
  readonly saysKibOut: boolean;
}

/** What moves for these causes was a message before; its passes are counted alone. */
const movedCauses: ReadonlySet<string> = new Set(['dead-letter', 'replay']);
const isMessage = ({ cause }: PublishedRow): boolean => !movedCauses.has(cause);

/** D2 of one message (billing.md §4). */
export const kibOf = (bytes: number): bigint => BigInt(Math.max(1, Math.ceil(bytes / 1_024)));

const unitKib = 64n;
const unitsOfKib = (kib: bigint): bigint => (kib + unitKib - 1n) / unitKib;

/** Units that one row of the log stands for, by resource: the rules of billing.md §4, written a second time on purpose. */
export function unitsOf(row: CountedRow, dimension: LoggedDimension): readonly (readonly [cause: string, resourceId: string, units: bigint])[] {
  if (row.kind === 'dead') return dimension === 'mq_queue_passes' ? [['dead-letter', row.queueId, 1n]] : [];
  if (row.kind === 'delivered') return dimension === 'mq_kib_out' && row.kib !== null && row.kib > 0 ? [['publish', row.queueId, BigInt(row.kib)]] : [];
  switch (dimension) {
    case 'mq_messages':
      return isMessage(row) ? [[row.cause, row.on, 1n]] : [];
    case 'mq_kib_in':
      return isMessage(row) ? [[row.cause, row.on, kibOf(row.bytes)]] : [];
    case 'mq_message_units':
      return isMessage(row) ? [[row.cause, row.on, unitsOfKib(kibOf(row.bytes))]] : [];
    case 'mq_exchange_passes':
      return row.exchanges.map((id) => [row.cause, id, 1n] as const);
    case 'mq_queue_passes':
      return row.queues.map((id) => [row.cause, id, 1n] as const);
    case 'mq_kib_out':
      return [];
  }
}

/** Counts an hour again from the message log, and digests the messages that were accepted in it. */
export async function recountLog(log: Pick<MessageLogReader, 'counted'>, owner: LogOwner, range: { readonly fromMs: number; readonly toMs: number }): Promise<LogRecount> {
  const units = new Map<string, bigint>();
  const digest = new MessageDigest();
  let saysKibOut = true;
  for await (const rows of log.counted(owner, range)) {
    for (const row of rows) {
      if (row.kind === 'published' && isMessage(row)) digest.add(row.messageId, row.bytes);
      if (row.kind === 'delivered' && row.kib === null) saysKibOut = false;
      for (const dimension of loggedDimensions) {
        for (const [cause, resourceId, amount] of unitsOf(row, dimension)) {
          const field = `${dimension}|${cause}|${resourceId}`;
          units.set(field, (units.get(field) ?? 0n) + amount);
        }
      }
    }
  }
  return { units, digest: digest.finish(), saysKibOut };
}
