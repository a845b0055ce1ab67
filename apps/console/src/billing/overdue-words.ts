import type { BillingView } from '@waybill/contracts';
import { plural } from '../words/figures.js';
import { utcDay } from '../words/time.js';

const stops = { new_queues: 'making queues', publishing: 'publishing', consuming: 'receiving and pushing' } as const;
const deletionAnnouncedDay = 60;

/** What was deleted because it was not paid, and what is still there; null where nothing was. */
export function deletedWords({ state, at, number, queues, exchanges, subscriptions, keys }: NonNullable<BillingView['deletion']>): { readonly title: string; readonly text: string } | null {
  if (state === 'planned') return null;
  const had = [[queues, 'queue'], [exchanges, 'exchange'], [subscriptions, 'subscription'], [keys, 'key']] as const;
  const list = had.flatMap(([many, what]) => (many === null || many === 0 ? [] : [plural(many, what)])).join(', ');
  const what = list === '' ? 'everything in the namespaces of this organisation' : `${list}, and all messages`;
  const kept = 'Invoices, usage and its evidence are kept and can be seen, fetched and paid here.';
  if (state === 'running') return { title: 'This organisation is being deleted', text: `Invoice ${number} has been open for 90 days, so ${what} are being deleted since ${utcDay(at)}. Paying stops it at once. ${kept}` };
  if (state === 'stopped') return { title: 'A deletion was stopped by your payment', text: `Because invoice ${number} had been open for 90 days, a part of what there was (${what}) was deleted on ${utcDay(at)}. What is left stays. ${kept}` };
  return { title: `What was in this organisation was deleted on ${utcDay(at)}`, text: `Invoice ${number} had been open for 90 days, so ${what} were deleted. It cannot be undone. ${kept} Once the invoice is paid, you can make new queues.` };
}

/** What is stopped until the invoice is paid, and what comes next. */
export function overdueWords({ day, stopped, deletionAt }: NonNullable<BillingView['dunning']>, deletion: BillingView['deletion'] = null): string {
  const now = stopped.length === 0 ? 'After 14 days no queues can be made, after 30 days publishing stops, after 37 days receiving.' : `Refused until it is paid: ${stopped.map((what) => stops[what]).join(', ')}.`;
  const next = day < deletionAnnouncedDay || (deletion !== null && deletion.state !== 'planned') ? '' : deletion?.held === true ? ' The deletion of this organisation is on hold.' : ` Queues, messages and everything else of this organisation are deleted on ${utcDay(deletionAt)}; invoices and usage are kept.`;
  return `${now}${next} All of it ends at once when the invoice is paid.`;
}
