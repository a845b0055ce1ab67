import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Transport } from './peers/transport.js';
import type { Measured } from './rounds.js';
import { percentile } from './statistics.js';

/** At the start: not counted, connections and consumers find their feet. */
const leadInMs = 500;
const patienceMs = 20_000;
/** A thread that sleeps to the microsecond: timers of the event loop are late by up to a millisecond. */
const ticker = `
const { parentPort, workerData: { startMs, everyMs, ticks } } = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
for (let tick = 0; tick < ticks; tick += 1) {
  const waitMs = startMs + tick * everyMs - (performance.timeOrigin + performance.now());
  if (waitMs > 0) Atomics.wait(cell, 0, 0, waitMs);
  parentPort.postMessage(tick);
}`;

/**
 * Publishes at a constant rate, whatever the answers take, and measures each message from the moment it was due to the
 * moment a consumer has it: a stall counts for every message it held up (no coordinated omission).
 */
export async function latency(transport: Transport, bodyBytes: number, perSecond: number, seconds: number): Promise<Measured> {
  const everyMs = 1000 / perSecond;
  const ticks = Math.round((seconds * 1000 + leadInMs) / everyMs);
  const firstCounted = Math.round(leadInMs / everyMs);
  const now = () => performance.timeOrigin + performance.now();
  const lateMs: number[] = [];
  let arrived = 0;
  let failed: (error: unknown) => void = () => undefined;
  let allArrived: () => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    allArrived = resolve;
    failed = reject;
  });
  finished.catch(() => undefined); // seen where it is awaited
  const startMs = now() + 200;

  const consumption = await transport.consume({
    settled: () => undefined,
    received(bodies) {
      const atMs = now();
      for (const body of bodies) {
        const tick = Number.parseInt(body, 10);
        if (tick >= firstCounted) lateMs.push(atMs - (startMs + tick * everyMs));
        arrived += 1;
      }
      if (arrived === ticks) allArrived();
    },
    failed,
  });
  const clock = new Worker(ticker, { eval: true, workerData: { startMs, everyMs, ticks } });
  clock.on('message', (tick: number) => void transport.send(`${tick} `.padEnd(bodyBytes, 'x')).catch(failed));
  clock.on('error', failed);
  const patience = setTimeout(() => failed(new Error(`${arrived} of ${ticks} messages arrived`)), seconds * 1000 + patienceMs);
  await finished.finally(() => clearTimeout(patience));
  await consumption.stop();
  return { perSecond: lateMs.length / seconds, p50Ms: percentile(lateMs, 50), p99Ms: percentile(lateMs, 99) };
}
