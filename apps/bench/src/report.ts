import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { execFileSync } from 'node:child_process';

export interface Row {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Report {
  readonly rows: Row[];
  readonly ratios: Record<string, number>;
}

function firstLine(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0]?.trim() ?? 'unknown';
  } catch {
    return 'absent';
  }
}

function machine() {
  const [cpu] = os.cpus();
  return { cpu: cpu?.model ?? 'unknown', cores: os.cpus().length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), system: `${os.type()} ${os.release()}` };
}

function versions(client: string) {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return { waybill: version, node: process.version, redis: firstLine('redis-server', ['--version']), client };
}

/** The middle value: one slow round on a shared machine does not move it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function print({ rows, ratios }: Report): void {
  const line = (name: string, rate: string, p50: string, p99: string) => `${name.padEnd(44)} ${rate.padStart(12)} ${p50.padStart(9)} ${p99.padStart(9)}`;
  console.log(`\n${line('', 'requests/s', 'p50 ms', 'p99 ms')}`);
  for (const row of rows) console.log(line(row.name, row.requestsPerSecond.toFixed(0), row.p50Ms.toFixed(2), row.p99Ms.toFixed(2)));
  console.log('');
  for (const [name, ratio] of Object.entries(ratios)) console.log(`[${name}] ${ratio.toFixed(3)}`);
}

export async function writeJson(file: string, report: Report, client: string): Promise<void> {
  await writeFile(file, `${JSON.stringify({ machine: machine(), versions: versions(client), ...report }, null, 2)}\n`);
}
