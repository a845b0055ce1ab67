import type { BillingView } from '@waybill/contracts';
import { date } from '../words/time.js';

const stops = { new_queues: 'making queues', publishing: 'publishing', consuming: 'receiving and pushing' } as const;
const deletionAnnouncedDay = 60;

/** What is stopped until the invoice is paid, and what comes next. */
export function overdueWords({ day, stopped, deletionAt }: NonNullable<BillingView['dunning']>): string {
  const now = stopped.length === 0 ? 'After 14 days no queues can be made, after 30 days publishing stops, after 37 days receiving.' : `Refused until it is paid: ${stopped.map((what) => stops[what]).join(', ')}.`;
  const next = day >= deletionAnnouncedDay ? ` Everything of this organisation is due for deletion on ${date(deletionAt)}.` : '';
  return `${now}${next} All of it ends at once when the invoice is paid.`;
}
