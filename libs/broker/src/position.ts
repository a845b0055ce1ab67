/**
 * A position orders everything in a namespace: milliseconds since 2026-01-01 UTC shifted by 12 bits, plus a
 * counter. 53 bits, so Lua and JavaScript hold it exactly until 2095. Scripts give positions out from Redis's
 * clock and never go back when that clock does (parts/position.lua). A message's position is its id.
 */
export type Position = number;

const epochMs = Date.UTC(2026, 0, 1);
const perMs = 4096;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const digits = 11;
/** By the code of its character. */
const digitOf: readonly (number | undefined)[] = [...alphabet].reduce<number[]>((all, letter, digit) => ((all[letter.charCodeAt(0)] = digit), all), []);

/** Every two digits; positions come in a row, so what stands before them comes again. */
const pairs = Array.from({ length: 1024 }, (_, i) => `${alphabet[i >>> 5]}${alphabet[i & 31]}`);
let last = { high: 0, head: `msg_${'0'.repeat(digits - 2)}` };

/** `msg_` and 11 base 32 digits: sorts by age. */
export function messageIdOf(position: Position): string {
  const high = Math.floor(position / 1024);
  if (last.high !== high) last = { high, head: headOf(high) };
  return last.head + pairs[position % 1024];
}

function headOf(high: number): string {
  let text = '';
  for (let rest = high; text.length < digits - 2; rest = Math.floor(rest / 32)) text = alphabet[rest % 32] + text;
  return `msg_${text}`;
}

/** The position in a message id, or undefined when it is not one. */
export function positionOf(messageId: string): Position | undefined {
  if (messageId.length !== digits + 4 || !messageId.startsWith('msg_')) return undefined;
  let position = 0;
  for (let i = 4; i < messageId.length; i += 1) {
    const digit = digitOf[messageId.charCodeAt(i)];
    if (digit === undefined) return undefined;
    position = position * 32 + digit;
  }
  return Number.isSafeInteger(position) ? position : undefined;
}

/** When the position was given out, milliseconds since the Unix epoch. */
export function timeOfMs(position: Position): number {
  return epochMs + Math.floor(position / perMs);
}

/** The first position of a millisecond since the Unix epoch; 0 before positions began. */
export function positionAt(atMs: number): Position {
  return Math.max(0, Math.floor(atMs) - epochMs) * perMs;
}
