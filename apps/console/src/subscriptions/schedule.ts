import { duration, seconds } from '../words/time.js';

const units: Readonly<Record<string, number>> = { '': 1, s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minute: 60, minutes: 60, h: 3_600, hour: 3_600, hours: 3_600, d: 86_400, day: 86_400, days: 86_400 };
export const scheduleLimits = { delays: { least: 1, most: 30 }, delaySeconds: { least: 0, most: 604_800 } } as const;

/** Delays as a person writes them: "0, 5 s, 5 min, 2h". Null for what is none. */
export function delaysOf(text: string): number[] | null {
  const delays = text.split(/[,;\n]+/).map((part) => part.trim()).filter(Boolean).map(delayOf);
  return delays.every((delay) => delay !== null) ? (delays as number[]) : null;
}

/** One delay, in several units if need be: "1 h 30 min". */
function delayOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?\s*[a-z]*\s*)+$/i.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/gi)].map(([, amount, unit]) => Number(amount) * (units[unit!.toLowerCase()] ?? Number.NaN));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return Number.isNaN(total) ? null : total;
}

/** The same delays as text for a field. */
export const scheduleText = (delaysSeconds: readonly number[]): string => delaysSeconds.map((delay) => (delay === 0 ? '0' : seconds(delay))).join(', ');

export function scheduleFault(text: string): string | null {
  const delays = delaysOf(text);
  if (delays === null) return 'Write each delay as a number with s, min, h or d, separated by commas.';
  const { least, most } = scheduleLimits.delays;
  if (delays.length < least || delays.length > most) return `Enter ${least} to ${most} delays.`;
  return delays.some((delay) => delay > scheduleLimits.delaySeconds.most) ? 'A delay is at most 7 days.' : null;
}

/** "At once, then after 5 s, 5 min and 2 h": what a schedule means, and how long it lasts. */
export function scheduleWords(delaysSeconds: readonly number[]): string {
  const [first = 0, ...rest] = delaysSeconds;
  const begin = first === 0 ? 'At once' : `After ${seconds(first)}`;
  if (rest.length === 0) return `${begin}, once.`;
  const then = rest.map(seconds);
  const list = then.length === 1 ? then[0] : `${then.slice(0, -1).join(', ')} and ${then.at(-1)}`;
  const total = delaysSeconds.reduce((sum, delay) => sum + delay, 0);
  return `${begin}, then after ${list}: ${delaysSeconds.length} attempts in ${duration(total * 1_000)}.`;
}

/** Schedules to choose from; the first is the usual one. */
export const schedules = [
  { value: 'usual', label: 'Usual', delaysSeconds: [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000] },
  { value: 'quick', label: 'Quick', delaysSeconds: [0, 1, 5, 15, 60] },
  { value: 'patient', label: 'Patient', delaysSeconds: [0, 30, 600, 3_600, 21_600, 86_400, 172_800] },
  { value: 'once', label: 'Once', delaysSeconds: [0] },
] as const;

/** The name of a schedule; `custom` when it is none of them. */
export function scheduleName(text: string): string {
  const delays = delaysOf(text);
  return schedules.find(({ delaysSeconds }) => delays?.join() === delaysSeconds.join())?.value ?? 'custom';
}
