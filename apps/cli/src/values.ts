import { InvalidArgumentError } from 'commander';

/** A number of an option, within bounds. */
export const numberIn = (least: number, most: number) => (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) throw new InvalidArgumentError(`A number from ${least} to ${most} is wanted.`);
  return value;
};

/** A whole number of an option, within bounds. */
export const wholeIn = (least: number, most: number) => (text: string): number => {
  const value = numberIn(least, most)(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('A whole number is wanted.');
  return value;
};

/** `name=value`, as often as there are headers. */
export function headerPair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('name=value is wanted.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export const among = <T extends string>(...allowed: readonly T[]) => (text: string): T => {
  if (!(allowed as readonly string[]).includes(text)) throw new InvalidArgumentError(`One of ${allowed.join(', ')} is wanted.`);
  return text as T;
};

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time ago (`90s`, `15m`, `2h`, `7d`) or a moment (RFC 3339), as RFC 3339 in UTC. */
export const momentAgo = (now: () => number) => (text: string): string => {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = amount === undefined ? Date.parse(text) : now() - Number(amount) * unitMs[unit as keyof typeof unitMs];
  if (Number.isNaN(ms)) throw new InvalidArgumentError('A time ago like 15m, 2h or 7d is wanted, or a moment like 2026-05-01T10:00:00Z.');
  return new Date(ms).toISOString();
};

/** `queue:orders` or `exchange:shop`. */
export function target(text: string): { queue: string } | { exchange: string } {
  const [kind, ...rest] = text.split(':');
  const name = rest.join(':');
  if (name !== '' && kind === 'queue') return { queue: name };
  if (name !== '' && kind === 'exchange') return { exchange: name };
  throw new InvalidArgumentError('queue:<name> or exchange:<name> is wanted.');
}
