import { performance } from 'node:perf_hooks';
import type { Transport } from './peers/transport.js';
import type { Measured } from './rounds.js';
import { percentile } from './statistics.js';


/** Every lane publishes one call after the other. */
export async function publish(transport: Transport, lanes: number, seconds: number): Promise<Measured> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  const callMs: number[] = [];
  let messages = 0;
  let sent = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let nowMs = performance.now(); nowMs < endMs; ) {
        const stored = await transport.publish(lane);
        const doneMs = performance.now();
        sent += stored;
        if (doneMs <= endMs) {
          messages += stored;
          callMs.push(doneMs - nowMs);
        }
        nowMs = doneMs;
      }
    }),
  );
  return { perSecond: messages / seconds, p50Ms: percentile(callMs, 50), p99Ms: percentile(callMs, 99), messages: sent };
}

/** Publishes a given number of messages, or as few more as the size of a call wants. */
export async function fill(transport: Transport, lanes: number, batch: number, messages: number): Promise<Measured> {
  const startMs = performance.now();
  let begun = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (begun < messages) {
        begun += batch;
        await transport.publish(lane);
      }
    }),
  );
  return { perSecond: begun / ((performance.now() - startMs) / 1000) };
}

/** Consumes what is there, for so many seconds at most; `messages` is what is known to be there. */
export async function drain(transport: Transport, messages: number, seconds: number): Promise<Measured> {
  const startMs = performance.now();
  let settled = 0;
  let lastMs = startMs;
  await new Promise<void>((resolve, reject) => {
    const consuming = transport.consume({
      settled(count) {
        settled += count;
        lastMs = performance.now();
        if (settled >= messages) ended();
      },
      failed: reject,
    });
    const timer = setTimeout(ended, seconds * 1000);
    function ended() {
      clearTimeout(timer);
      consuming.then((consumption) => consumption.stop()).then(resolve, reject);
    }
    consuming.catch(reject);
  });
  return { perSecond: settled / ((lastMs - startMs) / 1000), messages: settled };
}

export interface EndToEnd {
  readonly lanes: number;
  readonly batch: number;
  readonly seconds: number;
  /** Publishers wait while so many messages are published and not settled, beyond what was there before. */
  readonly slack: number;
  /** False where messages were there before: then nothing can be said about those that were published now. */
  readonly arrivesEmpty: boolean;
  /** How long what was published may take to arrive after the measurement; default a minute. */
  readonly patienceMs?: number;
}

/**
 * Publishes and consumes at the same time; the rate is that of settlements. Fails when a message that was published
 * does not arrive, or more arrive than were published.
 */
export async function endToEnd(transport: Transport, { lanes, batch, seconds, slack, arrivesEmpty, patienceMs = 60_000 }: EndToEnd): Promise<Measured> {
  let published = 0;
  let underWay = 0;
  let settled = 0;
  let inTime = 0;
  let publishedInTime = 0;
  let measuring = true;
  let failure: unknown;
  const held: (() => void)[] = [];
  const consumption = await transport.consume({
    settled(count) {
      settled += count;
      if (measuring) inTime += count;
      if (published + underWay - settled < slack) for (const go of held.splice(0)) go();
    },
    failed(error) {
      failure ??= error;
      for (const go of held.splice(0)) go();
    },
  });
  const endMs = performance.now() + seconds * 1000;
  const window = new Promise<void>((resolve) => setTimeout(() => {
    measuring = false;
    for (const go of held.splice(0)) go();
    resolve();
  }, seconds * 1000));
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < endMs && failure === undefined) {
        if (published + underWay - settled >= slack) {
          await new Promise<void>((resolve) => held.push(resolve));
          continue;
        }
        underWay += batch;
        const stored = await transport.publish(lane);
        underWay -= batch;
        published += stored;
        if (measuring) publishedInTime += stored;
      }
    }),
  );
  await window;
  const deadlineMs = performance.now() + patienceMs;
  while (arrivesEmpty && settled < published && failure === undefined && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 10));
  await consumption.stop();
  if (failure !== undefined) throw failure;
  if (arrivesEmpty && settled !== published) throw new Error(`${published} messages were published and ${settled} settled`);
  // Less than what was settled: the consumers ate into what was there before.
  return { perSecond: inTime / seconds, ...(arrivesEmpty ? {} : { more: { 'published per s': publishedInTime / seconds } }) };
}
