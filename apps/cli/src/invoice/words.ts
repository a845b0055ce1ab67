import { moneyText } from './amounts.js';
import type { Verification } from './verify.js';

const countedOnce: Readonly<Record<string, string>> = { mq_queue_minutes: 'minutes of queues', mq_exchange_minutes: 'minutes of exchanges', mq_archive_mib_hours: 'stored data' };

/** What a verification rests on, and what it cannot prove, a sentence each. */
export function notesOf({ statedLines, taxCents, invoice, secondCounts: counts }: Verification): string[] {
  const notes: string[] = [];
  if (statedLines > 0) notes.push(`Taken as they are: ${statedLines} lines of credit or of adjustments, which other months and grants decide.`);
  if (taxCents !== 0n) notes.push(`Taken as it is: tax of ${moneyText(taxCents, invoice.currency)}, which Stripe computed; the total adds up with it.`);
  if (counts === null) return [...notes, 'Not proved: this export is of version 1 and has one count of each hour. That what was counted is what happened, only a new export of the invoice can show.'];
  if (counts.rows + counts.summedRows > 0) {
    notes.push(`Counted a second time, from the message log and the recorded calls: ${counts.rows + counts.summedRows} rows${counts.summedRows > 0 ? `, ${counts.summedRows} of them by the sum of their hour` : ''}; ${counts.differing === 0 ? 'all equal' : `${counts.differing} differ`}.`);
  }
  if (counts.differing > counts.differences.length) notes.push(`${counts.differences.length} of the ${counts.differing} differences are named.`);
  const [bySource, others] = [[] as string[], [] as string[]];
  for (const [dimension, rows] of counts.without) (dimension in countedOnce ? bySource : others).push(`${countedOnce[dimension] ?? dimension} (${rows} rows)`);
  if (bySource.length > 0) notes.push(`Not proved by a second count: ${bySource.join(', ')}, for which there is no second record.`);
  if (others.length > 0) notes.push(`Not proved by a second count: ${others.join(', ')}, because no message log was kept then, or it is gone${counts.hoursWaiting > 0 ? `, or the hour was not counted again yet (${counts.hoursWaiting} hours)` : ''}.`);
  return notes;
}
