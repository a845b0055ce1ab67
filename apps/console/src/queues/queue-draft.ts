import { queueLimits, usualQueue, type QueueInput, type QueueKind } from '@waybill/contracts';

/** A number as its field holds it: text while it is typed, '' for none. */
export type NumberField = number | string;

/** What the form holds. Fields are called after the last part of their path in the contract, where a refusal names them. */
export interface QueueDraft {
  kind: QueueKind;
  leaseSeconds: NumberField;
  deliveryLimit: NumberField;
  unlimited: boolean;
  messageTtlSeconds: NumberField;
  maxMessages: NumberField;
  maxBytes: NumberField;
  overflow: QueueInput['overflow'];
  windowSeconds: NumberField;
  dedupBy: 'id' | 'body';
  retry: 'none' | 'list' | 'exponential';
  /** Seconds, separated by commas or blanks. */
  delaysSeconds: string;
  firstSeconds: NumberField;
  factor: NumberField;
  maxSeconds: NumberField;
  jitter: NumberField;
  deadLetterExchange: string | null;
  deadLetterKey: string;
  singleActiveConsumer: boolean;
  deleteWhenIdleSeconds: NumberField;
  fair: boolean;
  poison: QueueInput['poison'];
}

/** The fields that stand under "More settings". */
export const moreFields = [
  'messageTtlSeconds', 'maxMessages', 'maxBytes', 'overflow', 'windowSeconds', 'retry', 'delaysSeconds', 'firstSeconds', 'factor', 'maxSeconds', 'jitter',
  'deadLetterExchange', 'deadLetterKey', 'singleActiveConsumer', 'deleteWhenIdleSeconds', 'fair', 'poison',
] as const satisfies readonly (keyof QueueDraft)[];

export const draftFields = ['kind', 'leaseSeconds', 'deliveryLimit', ...moreFields] as const;

export function draftOf(queue: QueueInput): QueueDraft {
  const { retry, dedup } = queue;
  return {
    kind: queue.kind, leaseSeconds: queue.leaseSeconds,
    deliveryLimit: queue.deliveryLimit ?? usualQueue.deliveryLimit ?? '', unlimited: queue.deliveryLimit === null,
    messageTtlSeconds: queue.messageTtlSeconds ?? '', maxMessages: queue.maxMessages ?? '', maxBytes: queue.maxBytes ?? '', overflow: queue.overflow,
    windowSeconds: dedup?.windowSeconds ?? '', dedupBy: dedup?.by ?? 'id',
    retry: retry?.kind ?? 'none',
    delaysSeconds: retry?.kind === 'list' ? retry.delaysSeconds.join(', ') : '1, 10, 60',
    firstSeconds: retry?.kind === 'exponential' ? retry.firstSeconds : 1,
    factor: retry?.kind === 'exponential' ? retry.factor : 2,
    maxSeconds: retry?.kind === 'exponential' ? retry.maxSeconds : 600,
    jitter: retry?.jitter ?? 0,
    deadLetterExchange: queue.deadLetterExchange, deadLetterKey: queue.deadLetterKey ?? '',
    singleActiveConsumer: queue.singleActiveConsumer, deleteWhenIdleSeconds: queue.deleteWhenIdleSeconds ?? '', fair: queue.fair, poison: queue.poison,
  };
}

const optional = (value: NumberField): number | null => (value === '' ? null : Number(value));
const delaysIn = (text: string): number[] => text.split(/[\s,]+/).filter(Boolean).map(Number);

/** What the form says, without the settings that its other fields have put out of sight. */
export function bodyOf(draft: QueueDraft): QueueInput {
  const [maxMessages, maxBytes, windowSeconds] = [optional(draft.maxMessages), optional(draft.maxBytes), optional(draft.windowSeconds)];
  return {
    kind: draft.kind, leaseSeconds: Number(draft.leaseSeconds), deliveryLimit: draft.unlimited ? null : Number(draft.deliveryLimit),
    messageTtlSeconds: optional(draft.messageTtlSeconds), maxMessages, maxBytes,
    overflow: maxMessages === null && maxBytes === null ? 'reject' : draft.overflow,
    dedup: windowSeconds === null ? null : { windowSeconds, by: draft.dedupBy },
    retry: retryOf(draft),
    deadLetterExchange: draft.deadLetterExchange,
    deadLetterKey: draft.deadLetterExchange === null || draft.deadLetterKey === '' ? null : draft.deadLetterKey,
    singleActiveConsumer: draft.singleActiveConsumer, deleteWhenIdleSeconds: optional(draft.deleteWhenIdleSeconds),
    fair: draft.kind === 'standard' && draft.fair, poison: draft.kind === 'fifo' ? draft.poison : 'dead-letter',
  };
}

function retryOf({ retry, delaysSeconds, firstSeconds, factor, maxSeconds, jitter }: QueueDraft): QueueInput['retry'] {
  if (retry === 'none') return null;
  if (retry === 'list') return { kind: 'list', delaysSeconds: delaysIn(delaysSeconds), jitter: Number(jitter) };
  return { kind: 'exponential', firstSeconds: Number(firstSeconds), factor: Number(factor), maxSeconds: Number(maxSeconds), jitter: Number(jitter) };
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

const figures = new Intl.NumberFormat('en');
const within = (value: NumberField, { least, most }: Bounds): boolean => typeof value === 'number' && value >= least && value <= most;
const whole = (value: NumberField, bounds: Bounds): string | null =>
  within(value, bounds) && Number.isInteger(value) ? null : `Use a whole number from ${figures.format(bounds.least)} to ${figures.format(bounds.most)}.`;
const wholeOrNone = (value: NumberField, bounds: Bounds): string | null => (value === '' ? null : whole(value, bounds));

/** What the contract would refuse, said before the request; for the form's `validate`. */
export const draftRules = {
  leaseSeconds: (value: NumberField) => whole(value, queueLimits.leaseSeconds),
  deliveryLimit: (value: NumberField, { unlimited }: QueueDraft) => (unlimited ? null : whole(value, queueLimits.deliveryLimit)),
  messageTtlSeconds: (value: NumberField) => wholeOrNone(value, queueLimits.messageTtlSeconds),
  maxMessages: (value: NumberField) => wholeOrNone(value, queueLimits.maxMessages),
  maxBytes: (value: NumberField) => wholeOrNone(value, queueLimits.maxBytes),
  windowSeconds: (value: NumberField) => wholeOrNone(value, queueLimits.dedupWindowSeconds),
  deleteWhenIdleSeconds: (value: NumberField) => wholeOrNone(value, queueLimits.deleteWhenIdleSeconds),
  delaysSeconds: (value: string, { retry }: QueueDraft) => (retry === 'list' ? delaysFault(value) : null),
  firstSeconds: (value: NumberField, { retry }: QueueDraft) => (retry === 'exponential' ? whole(value, queueLimits.retryDelaySeconds) : null),
  maxSeconds: (value: NumberField, { retry, firstSeconds }: QueueDraft) => {
    if (retry !== 'exponential') return null;
    return whole(value, queueLimits.retryDelaySeconds) ?? (Number(value) < Number(firstSeconds) ? 'The longest delay is shorter than the first.' : null);
  },
  factor: (value: NumberField, { retry }: QueueDraft) => (retry !== 'exponential' || within(value, queueLimits.retryFactor) ? null : 'Use a number from 1 to 10.'),
  jitter: (value: NumberField, { retry }: QueueDraft) => (retry === 'none' || within(value, { least: 0, most: 1 }) ? null : 'Use a number from 0 to 1.'),
};

function delaysFault(text: string): string | null {
  const delays = delaysIn(text);
  const { least, most } = queueLimits.retryDelays;
  if (delays.length < least || delays.length > most) return `Enter ${least} to ${most} delays in seconds, separated by commas.`;
  return delays.every((delay) => whole(delay, queueLimits.retryDelaySeconds) === null) ? null : 'Each delay is a whole number of seconds, at most 86,400.';
}
