import type { QueueFigures, Task } from '@waybill/contracts';

export const kindWords: Readonly<Record<Task['kind'], string>> = { redrive: 'Redrive', move: 'Move', purge: 'Purge' };
export const fromWords: Readonly<Record<Task['from'], string>> = { ready: 'ready messages', dead: 'dead letters', delayed: 'delayed messages', deferred: 'deferred messages' };
export const stateWords: Readonly<Record<Task['state'], { readonly label: string; readonly color: string }>> = {
  running: { label: 'Running', color: 'petrol' }, done: { label: 'Done', color: 'gray' }, cancelled: { label: 'Cancelled', color: 'yellow' }, failed: { label: 'Failed', color: 'red' },
};

const fieldWords: Readonly<Record<keyof Task['filter'], string>> = {
  ids: 'ids', key: 'routing key', group: 'group', correlationId: 'correlation id', headers: 'headers', bodyContains: 'body contains', publishedFrom: 'published from',
  publishedTo: 'published until', reason: 'reason', deadFrom: 'dead since', deadTo: 'dead until',
};

/** A filter in one line; null for every message. */
export function filterWords(filter: Task['filter']): string | null {
  const parts = Object.entries(filter).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const label = fieldWords[name as keyof Task['filter']];
    if (Array.isArray(value)) return [`${value.length} ${label}`];
    if (typeof value === 'object') return Object.entries(value).map(([header, text]) => `header ${header} = ${text}`);
    return [`${label} ${value}`];
  });
  return parts.length === 0 ? null : parts.join(', ');
}

/**
 * How much of the queue a running task has looked at, 0 to 1. What it took away is no longer in the queue, so both make the
 * whole. Null while the queue's figures are not known.
 */
export function shareScanned({ from, scanned, done, kind, to, queue }: Task, figures: Pick<QueueFigures, Task['from']> | undefined): number | null {
  if (figures === undefined) return null;
  const comesBack = kind === 'move' && to !== null && 'queue' in to && to.queue === queue;
  const whole = figures[from] + (comesBack ? 0 : done);
  return whole === 0 ? 1 : Math.min(1, scanned / whole);
}

/** Messages per second from the beginning until it ended, or until now. */
export function meanRate({ done, createdAt, endedAt }: Pick<Task, 'done' | 'createdAt' | 'endedAt'>, nowMs: number): number {
  const spanMs = (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(createdAt);
  return spanMs <= 0 ? done : (done * 1_000) / Math.max(1_000, spanMs);
}
