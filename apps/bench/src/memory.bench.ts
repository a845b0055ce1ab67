import { setTimeout as sleep } from 'node:timers/promises';
import { Installation, scaled } from './installation.js';
import type { BenchPlan } from './installation.js';
import type { Cargo } from './peers/transport.js';
import type { Report, Row } from './report.js';
import type { Scope } from './scope.js';

const parked = 200_000;
/** Before the first reading: buffers and tables that Redis makes once are there then. */
const beforehand = 10_000;
const settledFor = 3;

/**
 * [bytes_parked_1kib, bytes_overhead_256b]: how much the resident memory of Redis grows by 200,000 messages that wait in
 * a queue, per message; for 256 B less the body.
 */
export async function memoryBench(scope: Scope, plan: BenchPlan): Promise<Report> {
  const kib = await growth(scope, plan, 1024);
  const quarter = await growth(scope, plan, 256);
  return { rows: [...kib.rows, ...quarter.rows], ratios: { bytes_parked_1kib: kib.bytesEach, bytes_overhead_256b: quarter.bytesEach - 256 } };
}

/** On an installation of its own: memory that Redis was given back by other messages would hide the growth. */
async function growth(scope: Scope, plan: BenchPlan, bodyBytes: number): Promise<{ rows: Row[]; bytesEach: number }> {
  const installation = await Installation.start(scope, plan);
  const cargo: Cargo = { bodyBytes, batch: 100, lanes: 4, consumers: 0, take: 0 };
  const client = await installation.client(await installation.home(['parked']), cargo, 'parked');
  await client.carryOut({ do: 'fill', messages: beforehand });
  const before = await restingMemory(installation);
  const messages = Math.ceil(scaled(plan, parked) / cargo.batch) * cargo.batch;
  await client.carryOut({ do: 'fill', messages });
  const after = await restingMemory(installation);
  const bytesEach = (after.resident - before.resident) / messages;
  const row = (name: string, value: number): Row => ({ group: scope.group, name, value, unit: 'B' });
  const rows = [row(`resident, per message of ${bodyBytes} B`, bytesEach), row(`allocated, per message of ${bodyBytes} B`, (after.used - before.used) / messages)];
  console.error(`  ${bodyBytes} B: ${bytesEach.toFixed(0)} B resident per message`);
  return { rows, bytesEach };
}

/** Redis is read until its resident memory has stood still for some readings. */
async function restingMemory(installation: Installation): Promise<{ resident: number; used: number }> {
  let resident = Number.NaN;
  for (let same = 0; same < settledFor; ) {
    const now = await installation.redisInfo('memory', 'used_memory_rss');
    same = Math.abs(now - resident) < 100_000 ? same + 1 : 0;
    resident = now;
    await sleep(500);
  }
  return { resident, used: await installation.redisInfo('memory', 'used_memory') };
}
