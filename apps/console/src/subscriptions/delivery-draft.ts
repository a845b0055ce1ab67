import type { DeliveryInput, Subscription } from '@waybill/contracts';
import { scheduleFault, scheduleText, schedules, delaysOf } from './schedule.js';

/** A number as its field holds it: text while it is typed. */
type NumberField = number | string;

/** Delivery settings as their fields hold them; called as in the contract, where a refusal names them. */
export interface DeliveryDraft {
  readonly scheduleSeconds: string;
  readonly timeoutSeconds: NumberField;
  readonly jitter: NumberField;
  readonly concurrency: NumberField;
  /** '' for no limit. */
  readonly ratePerSecond: NumberField;
  readonly batchMessages: NumberField;
  readonly batchWaitMs: NumberField;
  readonly circuitFailures: NumberField;
  readonly circuitOpenSeconds: NumberField;
  readonly disableAfterSeconds: NumberField;
}

type Settings = Subscription['delivery'];

/** What a subscription has when nobody chose: the API's own defaults. */
export const usualDelivery: Settings = {
  timeoutSeconds: 15, scheduleSeconds: [...schedules[0].delaysSeconds], jitter: 0.1, concurrency: 16, ratePerSecond: null,
  batchMessages: 1, batchWaitMs: 0, circuitFailures: 10, circuitOpenSeconds: 30, disableAfterSeconds: 432_000,
};

export const deliveryDraftOf = ({ scheduleSeconds, ratePerSecond, ...rest }: Settings): DeliveryDraft => ({ ...rest, scheduleSeconds: scheduleText(scheduleSeconds), ratePerSecond: ratePerSecond ?? '' });

/** Of a draft without faults. */
export function deliveryOf(draft: DeliveryDraft): DeliveryInput {
  const { scheduleSeconds, ratePerSecond, ...rest } = draft;
  const numbers = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value)])) as Omit<Settings, 'scheduleSeconds' | 'ratePerSecond'>;
  return { ...numbers, scheduleSeconds: delaysOf(scheduleSeconds) ?? [], ratePerSecond: ratePerSecond === '' ? null : Number(ratePerSecond) };
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

export const deliveryBounds: Readonly<Record<Exclude<keyof DeliveryDraft, 'scheduleSeconds'>, Bounds>> = {
  timeoutSeconds: { least: 1, most: 60, whole: false },
  jitter: { least: 0, most: 1, whole: false },
  concurrency: { least: 1, most: 1_000, whole: true },
  ratePerSecond: { least: 0.01, most: 10_000, whole: false },
  batchMessages: { least: 1, most: 100, whole: true },
  batchWaitMs: { least: 0, most: 60_000, whole: true },
  circuitFailures: { least: 1, most: 1_000, whole: true },
  circuitOpenSeconds: { least: 1, most: 3_600, whole: false },
  disableAfterSeconds: { least: 60, most: 2_592_000, whole: true },
};

const figures = new Intl.NumberFormat('en');

/** What the contract would refuse, by field. */
export function deliveryFaults(draft: DeliveryDraft): Partial<Record<keyof DeliveryDraft, string>> {
  const faults: Partial<Record<keyof DeliveryDraft, string>> = {};
  const schedule = scheduleFault(draft.scheduleSeconds);
  if (schedule !== null) faults.scheduleSeconds = schedule;
  for (const [name, { least, most, whole }] of Object.entries(deliveryBounds) as [keyof typeof deliveryBounds, Bounds][]) {
    const value = draft[name];
    if (name === 'ratePerSecond' && value === '') continue;
    const fits = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (!fits) faults[name] = `Use a ${whole ? 'whole ' : ''}number from ${figures.format(least)} to ${figures.format(most)}.`;
  }
  return faults;
}

/** Settings that differ from the usual ones, in words. */
export function unusualDelivery(settings: Settings): { label: string; value: string }[] {
  const words: readonly (readonly [keyof Settings, string, (value: never) => string])[] = [
    ['timeoutSeconds', 'Time for a call', (value: number) => `${value} s`],
    ['jitter', 'Share left to chance', (value: number) => String(value)],
    ['concurrency', 'Calls at once', (value: number) => String(value)],
    ['ratePerSecond', 'Calls per second', (value: number | null) => (value === null ? 'no limit' : `at most ${value}`)],
    ['batchMessages', 'Messages in a call', (value: number) => `up to ${value}`],
    ['batchWaitMs', 'Waits for more messages', (value: number) => `${value} ms`],
    ['circuitFailures', 'Circuit opens', (value: number) => `after ${value} failures in a row`],
    ['circuitOpenSeconds', 'Probe when open', (value: number) => `every ${value} s`],
    ['disableAfterSeconds', 'Disabled', (value: number) => `after failing for ${value / 3_600} h`],
  ];
  return words.flatMap(([name, label, say]) => (settings[name] === usualDelivery[name] ? [] : [{ label, value: say(settings[name] as never) }]));
}
