/**
 * What is counted for the bill: D1 to D9 of billing.md §4, in this order, and messages in units of 64 KiB, at least one each,
 * for price lists that take a message as one thing.
 */
export const billableDimensions = [
  'mq_messages',
  'mq_kib_in',
  'mq_exchange_passes',
  'mq_queue_passes',
  'mq_kib_out',
  'mq_push_attempts',
  'mq_queue_minutes',
  'mq_exchange_minutes',
  'mq_archive_mib_hours',
  'mq_message_units',
] as const;

/** Counted so that nobody wonders where a message went; never billed. Blocked: refused by the spend cap or the quota. */
export const diagnosticDimensions = ['mq_unroutable', 'mq_blocked'] as const;

export type Dimension = (typeof billableDimensions)[number] | (typeof diagnosticDimensions)[number];

const known: ReadonlySet<string> = new Set([...billableDimensions, ...diagnosticDimensions]);

export const isDimension = (text: string): text is Dimension => known.has(text);
