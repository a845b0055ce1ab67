import type { listDeletions, Reply } from '@waybill/contracts';
import { plural } from '../words/figures.js';
import { utcDay } from '../words/time.js';

type Deletion = Reply<typeof listDeletions>['items'][number];

const steps: Readonly<Record<string, string>> = {
  keys: 'keys', portal_links: 'portal links', subscriptions: 'subscriptions', sources: 'sources', schedules: 'schedules', queues: 'queues and their messages', exchanges: 'exchanges',
};

/** What becomes of a tenant, in a sentence without a full stop. */
export function deletionWords({ state, hold, noticeSentAt, lastNoticeSentAt, step }: Pick<Deletion, 'state' | 'hold' | 'noticeSentAt' | 'lastNoticeSentAt' | 'step'>): string {
  if (state === 'done') return 'deleted';
  if (state === 'stopped') return 'stopped half-way by a payment';
  if (hold !== null) return state === 'running' ? 'held half-way' : 'on hold';
  if (state === 'running') return `being deleted: ${steps[step ?? ''] ?? 'begins'}`;
  if (noticeSentAt === null) return 'waits for the notice of day 60';
  return lastNoticeSentAt === null ? 'planned' : 'planned, told for the last time';
}

export function inventoryWords({ namespaces, queues, exchanges, subscriptions, sources, keys }: NonNullable<Deletion['inventory']>): string {
  return [plural(namespaces, 'namespace'), plural(queues, 'queue'), plural(exchanges, 'exchange'), plural(subscriptions, 'subscription'), plural(sources, 'source'), plural(keys, 'key')].filter((words) => !words.startsWith('0 ')).join(', ');
}

/** When a notice was sent. Of what is over nothing is "yet": none was noted. */
export function noticeWords(state: Deletion['state'], sentAt: string | null): string {
  if (sentAt !== null) return utcDay(sentAt);
  return state === 'planned' || state === 'running' ? 'not sent yet' : 'none noted';
}
