import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { barChart, shownNumber } from './chart.js';
import type { Bar, Chart } from './chart.js';
import { figures, keeps } from './figures.js';
import type { Figure } from './figures.js';
import type { Results, Row } from './report.js';

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));

interface NamedChart {
  readonly file: string;
  readonly chart: Chart;
}

/** Writes docs/performance.md and its charts; what an earlier run drew is removed. */
export async function writeDocument(results: Results, folder: string = docs): Promise<void> {
  const charts = chartsOf(results);
  const place = path.join(folder, 'performance');
  await mkdir(place, { recursive: true });
  for (const file of await readdir(place)) if (file.endsWith('.svg')) await rm(path.join(place, file));
  for (const { file, chart } of charts) await writeFile(path.join(place, file), barChart(chart));
  await writeFile(path.join(folder, 'performance.md'), documentOf(results, charts));
}

/** Which parts of the name of a row of the table of peers make a chart. */
const peerCharts = ['publish', 'consume', 'end to end'].flatMap((what) => [1024, 100].map((bytes) => ({ what, bytes })));

export function chartsOf({ rows }: Pick<Results, 'rows'>): NamedChart[] {
  const bar = (label: string, value: number, ours: boolean): Bar => ({ label, value, ours });
  const of = (group: string) => rows.filter((row) => row.group === group);
  const charts: NamedChart[] = peerCharts.map(({ what, bytes }) => {
    const start = `${what} ${bytes} B, `;
    const bars = of('peers').filter(({ name }) => name.startsWith(start)).map(({ name, value }) => bar(name.slice(start.length), value, name.includes('Waybill')));
    return { file: `${what.replaceAll(' ', '-')}-${bytes}.svg`, chart: { title: `${what[0]?.toUpperCase()}${what.slice(1)}, bodies of ${bytes} B`, unit: 'messages/s', bars: bars.sort((a, b) => b.value - a.value) } };
  });
  const latency = of('latency').flatMap(({ name, p50Ms = 0, p99Ms = 0 }) => [bar(`${short(name)}, p50`, p50Ms, isOurs(name)), bar(`${short(name)}, p99`, p99Ms, isOurs(name))]);
  charts.push({ file: 'latency.svg', chart: { title: 'Publish to receive at 1,000 messages/s', unit: 'ms', bars: latency } });
  charts.push({ file: 'memory.svg', chart: { title: 'Memory of Redis', unit: 'bytes', bars: of('memory').map(({ name, value }) => bar(name, value, true)) } });
  for (const [group, title] of [['idle-queues', 'Cost of idle queues'], ['bindings', 'Cost of bindings'], ['backlog', 'Cost of a backlog'], ['gateways', 'Gateway processes']] as const) {
    const bars = of(group).filter(({ unit }) => unit === 'msg/s').map(({ name, value }) => bar(name.replace(/^.* (?=beside|with|at a backlog)/, ''), value, true));
    charts.push({ file: `${group}.svg`, chart: { title, unit: 'messages/s', bars } });
  }
  return charts.filter(({ chart }) => chart.bars.length > 0);
}

const isOurs = (name: string) => !name.startsWith('RabbitMQ');
const short = (name: string) => (isOurs(name) ? 'Waybill, HTTP long poll' : 'RabbitMQ quorum queue');

const table = (header: readonly string[], lines: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function shownFigure({ unit }: Figure, value: number): string {
  if (unit === 'bytes') return `${shownNumber(value)} B`;
  return unit === 'per s' ? `${value.toFixed(4)}/s` : value.toFixed(2);
}

function figureLines({ ratios }: Results): string[][] {
  return figures.map((figure) => {
    const value = ratios[figure.name];
    const measured = value === undefined ? 'not measured' : shownFigure(figure, value);
    const target = `${figure.bound} ${shownFigure(figure, figure.target)}`;
    return [figure.title, `\`${figure.name}\``, target, measured, value === undefined ? '' : keeps(figure, value) ? 'yes' : 'no'];
  });
}

function rowLine({ group, name, value, unit, p50Ms, p99Ms, more }: Row): string[] {
  const ms = (figure: number | undefined) => (figure === undefined ? '' : figure.toFixed(2));
  const seen = Object.entries(more ?? {}).map(([what, figure]) => `${what}: ${shownNumber(figure)}`);
  return [group, name, `${shownNumber(value)} ${unit}`, ms(p50Ms), ms(p99Ms), seen.join('; ')];
}

export function documentOf(results: Results, charts: readonly NamedChart[]): string {
  const { machine, versions, options, rows, skipped, failed } = results;
  const full = options.scale === 1 ? '' : ` The large numbers were scaled by ${options.scale}: the figures named after them are not those of a full run.`;
  const parts = [
    '# Performance',
    'Made by `npm run bench -- --write-docs`; do not edit. Each figure is a ratio of two sides measured in turn in one run, the middle of several rounds: machines differ, ratios less so.',
    `Measured ${results.at.slice(0, 10)} on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}. Clients, brokers and stores share these cores. ` +
      `${options.rounds} rounds of ${options.seconds} s.${full}`,
    `Versions: ${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    `Redis runs with \`appendfsync always\`, RabbitMQ with quorum queues, persistent messages and publisher confirms, PostgreSQL with \`fsync\` on: what is confirmed is on disk everywhere. ` +
      `The message log is ${options.messageLog ? 'on and a worker drains it' : 'off'}, except where a figure says otherwise.`,
    '## Figures',
    table(['what', 'name', 'target', 'measured', 'kept'], figureLines(results)),
    ...(charts.length === 0 ? [] : ['## Charts', ...charts.map(({ file, chart }) => `![${chart.title}](performance/${file})`)]),
    '## All rows',
    table(['benchmark', 'row', 'value', 'p50 ms', 'p99 ms', 'also'], rows.map(rowLine)),
    ...(skipped.length === 0 ? [] : ['## Skipped', ...skipped.map(({ group, peer, reason }) => `- ${peer} in ${group}: ${reason}`)]),
    ...(failed.length === 0 ? [] : ['## Failed', ...failed.map(({ group, reason }) => `- ${group}: ${reason.split('\n')[0]}`)]),
  ];
  return `${parts.join('\n\n')}\n`;
}
