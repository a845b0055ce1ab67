import { parseArgs } from 'node:util';
import { client } from './load.js';
import { publishBench } from './publish.bench.js';
import { print, writeJson } from './report.js';
import type { Report } from './report.js';

const benches: Readonly<Record<string, (rounds: number, seconds: number) => Promise<Report>>> = { publish: publishBench };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
});
const wanted = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`No benchmark is called ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}

console.error(`client: ${client}, 1 KiB bodies, 64 connections, ${values.rounds} rounds of ${values.seconds} s`);
const report: Report = { rows: [], ratios: {} };
for (const name of wanted) {
  const part = await benches[name]?.(Number(values.rounds), Number(values.seconds));
  report.rows.push(...(part?.rows ?? []));
  Object.assign(report.ratios, part?.ratios);
}
print(report);
if (values.json !== undefined) await writeJson(values.json, report, client);
