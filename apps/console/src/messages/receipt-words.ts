import type { PublishReceipt } from '@waybill/contracts';
import { plural } from '../words/figures.js';

/** What a publish did, for a person. */
export interface ReceiptWords {
  readonly good: boolean;
  readonly title: string;
  /** One sentence each. */
  readonly lines: readonly string[];
}

const limits = { maxMessages: 'messages', maxBytes: 'bytes' } as const;

/** Reads a publish receipt: where the message went, which queues did not take it and why, what it was counted as. */
export function receiptWords({ exchanges, queues, refused = [], duplicates = [], units }: PublishReceipt): ReceiptWords {
  const passed = exchanges.length === 0 ? [] : [`Passed ${exchanges.join(' → ')}.`];
  const stored = queues.length === 0 ? [] : [`Now in ${queues.join(', ')}.`];
  const full = refused.map(({ queue, limit }) => `${queue} did not take it: its limit of ${limits[limit]} is reached.`);
  const known = duplicates.map(({ queue, originalId }) => `${queue} had stored it before, as ${originalId}.`);
  const counted = `Counted as ${plural(units.messages, 'message')}, ${units.kibIn} KiB, ${plural(units.exchangePasses, 'exchange pass', 'exchange passes')}, ${plural(units.queuePasses, 'stored copy', 'stored copies')}.`;
  const lines = [...passed, ...stored, ...full, ...known];
  if (queues.length > 0) return { good: refused.length === 0, title: `Stored in ${plural(queues.length, 'queue')}`, lines: [...lines, counted] };
  if (duplicates.length > 0) return { good: true, title: 'Stored before', lines: [...lines, 'It is a duplicate within the dedup window, so nothing was stored again and nothing is counted.'] };
  if (refused.length > 0) return { good: false, title: 'Refused: full', lines: [...lines, counted] };
  return { good: false, title: 'Accepted, but no queue matched', lines: [...lines, 'No binding takes this message, so it was not stored anywhere. It is counted as "matched no queue".', counted] };
}
