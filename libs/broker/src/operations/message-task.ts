import type { PublishTarget } from '../publisher.js';
import type { Position } from '../position.js';
import type { MessageFilter } from './message-filter.js';

export type TaskKind = 'redrive' | 'purge' | 'move';
export type TaskState = 'running' | 'done' | 'cancelled' | 'failed';
export type TaskSource = 'ready' | 'dead' | 'delayed' | 'deferred';

/** What somebody asked for. */
export interface TaskSpec {
  readonly kind: TaskKind;
  /** The queue's name then, for people; its id finds it. */
  readonly queue: string;
  readonly queueId: string;
  readonly from: TaskSource;
  /** Whether `from` is in order of position: the first message that is too new is the end then. */
  readonly inOrder: boolean;
  /** Null for a purge. */
  readonly to: PublishTarget | null;
  readonly filter: MessageFilter;
  readonly ratePerSecond: number | null;
  /** Key or person, for the message log. */
  readonly askedBy: string;
}

export interface TaskCounts {
  readonly scanned: number;
  readonly matched: number;
  readonly done: number;
  readonly refused: number;
}
export const noCounts: TaskCounts = { scanned: 0, matched: 0, done: 0, refused: 0 };

/** A task as people see it. */
export interface MessageTask extends TaskSpec, TaskCounts {
  readonly id: string;
  readonly state: TaskState;
  readonly createdMs: number;
  readonly endedMs: number | null;
  /** Why it failed. */
  readonly problem: string | null;
}

/** A task as the worker that has it sees it. */
export interface TaskWork extends MessageTask {
  /** Server time when it was taken. */
  readonly nowMs: number;
  /** Messages with a later position came after the task and are left alone. */
  readonly upTo: Position;
  /** Where the planned page starts. */
  readonly cursor: string | undefined;
  /** Places of the messages that a worker was about to take away, so that the next one can tell whether it did. */
  readonly plan: readonly Position[];
  /** The rate is used up until then, ms. */
  readonly paidUntilMs: number;
}

type Fields = ReadonlyMap<string, string>;

const number = (fields: Fields, name: string): number => Number(fields.get(name) ?? 0);

/** A task from the fields of its hash. */
export function taskOf(id: string, fields: Fields): MessageTask {
  const spec = JSON.parse(fields.get('spec') ?? '{}') as TaskSpec;
  const endedMs = fields.get('endedMs');
  return {
    ...spec, id,
    state: (fields.get('state') ?? 'failed') as TaskState,
    scanned: number(fields, 'scanned'), matched: number(fields, 'matched'), done: number(fields, 'done'), refused: number(fields, 'refused'),
    createdMs: number(fields, 'createdMs'),
    endedMs: endedMs === undefined ? null : Number(endedMs),
    problem: fields.get('problem') ?? null,
  };
}

export function workOf(id: string, nowMs: number, fields: Fields): TaskWork {
  const cursor = fields.get('cursor');
  return {
    ...taskOf(id, fields), nowMs,
    upTo: number(fields, 'upTo'),
    cursor: cursor === undefined || cursor === '' ? undefined : cursor,
    plan: JSON.parse(fields.get('plan') ?? '[]') as Position[],
    paidUntilMs: Number(fields.get('paidUntilMs') ?? number(fields, 'createdMs')),
  };
}
