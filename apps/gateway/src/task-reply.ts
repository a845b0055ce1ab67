import type { MessageTask } from '@waybill/broker';
import type { Task } from '@waybill/contracts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** A task as the contract shows it. */
export function taskReply({ id, kind, queue, state, from, to, filter, ratePerSecond, scanned, matched, done, refused, createdMs, endedMs, problem }: MessageTask): Task {
  return {
    id, kind, queue, state, from, to, filter: { ...filter, ids: filter.ids && [...filter.ids], headers: filter.headers && { ...filter.headers } }, ratePerSecond, scanned, matched, done, refused, problem,
    createdAt: iso(createdMs), endedAt: endedMs === null ? null : iso(endedMs),
  };
}
