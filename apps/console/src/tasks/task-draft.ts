import type { Task } from '@waybill/contracts';
import { targetOf } from '../targets/target.js';

export interface TaskDraft {
  readonly kind: Task['kind'];
  readonly queue: string;
  readonly from: Task['from'];
  /** A choice of `choiceOf`; '' for none. */
  readonly to: string;
  readonly key: string;
  readonly reason: string;
  readonly bodyContains: string;
  readonly rate: number | string;
}

/** What each kind can take from. */
export const sources: Readonly<Record<Task['kind'], readonly Task['from'][]>> = { redrive: ['dead'], move: ['ready', 'dead'], purge: ['ready', 'dead', 'delayed', 'deferred'] };

export function newTaskDraft(queue: string, kind: Task['kind']): TaskDraft {
  return { kind, queue, from: sources[kind][0]!, to: '', key: '', reason: '', bodyContains: '', rate: '' };
}

/** Another kind begins with its own first choice: what was right for the one before might surprise. */
export const withTaskKind = (draft: TaskDraft, kind: Task['kind']): TaskDraft => ({ ...draft, kind, from: sources[kind][0]! });

export const taskRules = {
  queue: (queue: string) => (queue === '' ? 'Choose a queue.' : null),
  to: (to: string, { kind }: TaskDraft) => (kind === 'move' && targetOf(to) === null ? 'Choose where they go.' : null),
  bodyContains: (text: string, draft: TaskDraft) => (draft.kind === 'purge' && Object.keys(filterOf(draft)).length === 0 ? 'Say which messages. All of them are removed by Purge on the page of the queue.' : null),
};

/** Only what was filled in. */
export function filterOf({ key, reason, bodyContains, from }: TaskDraft): Task['filter'] {
  return { ...(key === '' ? {} : { key }), ...(reason === '' || from !== 'dead' ? {} : { reason }), ...(bodyContains === '' ? {} : { bodyContains }) };
}

/** The rate as the API takes it; a purge has none. */
export function paceOf({ rate }: TaskDraft): { ratePerSecond?: number } {
  return rate === '' ? {} : { ratePerSecond: Number(rate) };
}
