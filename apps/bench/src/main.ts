import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benches, chosen } from './benches.js';
import { writeDocument } from './document.js';
import { figures } from './figures.js';
import type { BenchPlan } from './installation.js';
import { client } from './load.js';
import { machine, print, versions, writeJson } from './report.js';
import type { Failure, Results, Row, Skip } from './report.js';
import { Scope } from './scope.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    scale: { type: 'string', default: '1' },
    'message-log': { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
    from: { type: 'string' },
  },
});

function numberOf(name: 'rounds' | 'seconds' | 'scale', most: number): number {
  const value = Number(values[name]);
  if (!(value > 0 && value <= most)) leave(`--${name} wants a number above 0 and up to ${most}.`);
  return value;
}

function leave(message: string): never {
  console.error(message);
  process.exit(2);
}

const { groups, unknown } = chosen(positionals);
if (unknown.length > 0) leave(`No benchmark is called ${unknown.join(', ')}. There are ${Object.keys(benches).join(', ')}, and the figures ${figures.map(({ name }) => name).join(', ')}.`);
const plan: BenchPlan = { rounds: Math.round(numberOf('rounds', 100)), seconds: numberOf('seconds', 600), scale: numberOf('scale', 1), messageLog: values['message-log'] };

let running: Scope | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true;
    void (running?.close() ?? Promise.resolve()).finally(() => process.exit(130));
  });
}

async function measure(): Promise<Results> {
  const rows: Row[] = [];
  const ratios: Record<string, number> = {};
  const skipped: Skip[] = [];
  const failed: Failure[] = [];
  const seen: Record<string, string> = {};
  console.error(`client: ${client}, ${plan.rounds} rounds of ${plan.seconds} s`);
  for (const group of groups) {
    if (interrupted) break;
    console.error(`${group}:`);
    const scope = new Scope(group);
    running = scope;
    try {
      const report = await benches[group]?.(scope, plan);
      rows.push(...(report?.rows ?? []));
      Object.assign(ratios, report?.ratios);
    } catch (error) {
      // The others are still worth measuring.
      console.error(error);
      failed.push({ group, reason: error instanceof Error ? error.message.slice(0, 300) : String(error) });
    } finally {
      await scope.close();
    }
    skipped.push(...scope.skipped);
    Object.assign(seen, scope.versions);
  }
  return { at: new Date().toISOString(), machine: machine(), versions: versions(client, seen), options: plan, rows, ratios, skipped, failed };
}

const results = values.from === undefined ? await measure() : (JSON.parse(await readFile(values.from, 'utf8')) as Results);
// An interrupted run is only cleaning up: it has no results.
if (!interrupted) {
  print(results);
  if (values.json !== undefined) await writeJson(values.json, results);
  if (values['write-docs']) await writeDocument(results);
  if (results.failed.length > 0) process.exitCode = 1;
}
