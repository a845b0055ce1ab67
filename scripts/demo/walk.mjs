import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../toolchain/progress.mjs';
import { demoNowMs } from './clock.mjs';

/** Something the demonstration expects and did not find. */
export class Difference extends Refusal {}

/** @param {string} what @param {unknown} found @param {unknown} expected */
export function equal(what, found, expected) {
  if (String(found) !== String(expected)) throw new Difference(`${what}: ${found} instead of ${expected}`);
}

/**
 * Asks until there is an answer.
 * @template T
 * @param {string} what  said when it does not come
 * @param {() => Promise<T | null | undefined | false>} ask
 * @returns {Promise<T>}
 */
export async function until(what, ask, limitMs = 60_000) {
  for (const deadline = Date.now() + limitMs; ; await sleep(200)) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Difference(`after ${limitMs / 1_000} s still not: ${what}`);
  }
}

/** @param {bigint | string} cents */
export const dollars = (cents) => `$${(Number(cents) / 100).toFixed(2)}`;

/** One line for each thing that was done, with the demonstration's own time. @param {string} stripeUrl @param {(line: string) => void} write */
export function narrator(stripeUrl, write) {
  return async (line) => write(`${new Date(await demoNowMs({ stripeUrl })).toISOString().slice(0, 16).replace('T', ' ')}  ${line}`);
}
