// Loaded into the apps of a demonstration before everything else (`--import`): from then on the process, and the scripts it
// sends to Redis, tell the demonstration's time. Where that is kept is named by WAYBILL_DEMO_CLOCK.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Redis } from 'ioredis';
import { clockChannel, clockKey, demoTime, inDemoTime } from './demo-clock.mjs';

const url = process.env.WAYBILL_DEMO_CLOCK;
if (url === undefined || process.env.NODE_ENV === 'production') throw new Error('the clock of a demonstration is for a demonstration alone');

let aheadMs = 0;

const { readFileSync } = fs;
fs.readFileSync = (file, options) => {
  const read = readFileSync(file, options);
  return typeof read === 'string' && String(file).endsWith('.lua') ? inDemoTime(read) : read;
};
syncBuiltinESMExports();

Redis.prototype.time = function time() {
  return this.eval(`return ${demoTime}`, 0);
};

const MachineDate = Date;
const machineNow = Date.now.bind(Date);
const now = () => machineNow() + aheadMs;
globalThis.Date = new Proxy(MachineDate, {
  apply: () => new MachineDate(now()).toString(),
  construct: (target, args, asked) => Reflect.construct(target, args.length === 0 ? [now()] : args, asked),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
MachineDate.prototype.constructor = globalThis.Date;

const clock = new Redis(url, { maxRetriesPerRequest: null });
// The clock keeps no process alive.
clock.on('connect', () => clock.stream.unref());
clock.on('error', () => undefined);
const read = new Redis(url);
const set = (seconds) => {
  aheadMs = Number(seconds ?? 0) * 1_000;
};
clock.on('message', (_channel, seconds) => set(seconds));
await clock.subscribe(clockChannel);
set(await read.get(clockKey));
read.disconnect();
