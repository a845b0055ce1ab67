import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { execFileSync } from 'node:child_process';

export interface Row {
  /** The benchmark it comes from. */
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** What else was seen: processor time, lengths, bytes. */
  readonly more?: Readonly<Record<string, number>>;
}

/** A peer that did not take part, and why. */
export interface Skip {
  readonly group: string;
  readonly peer: string;
  readonly reason: string;
}

/** A benchmark that ended with an error, and which. */
export interface Failure {
  readonly group: string;
  readonly reason: string;
}

/** What one benchmark yields. */
export interface Report {
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
}

/** What `--json` writes. */
export interface Results {
  readonly at: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly system: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly options: { readonly rounds: number; readonly seconds: number; readonly scale: number; readonly messageLog: boolean };
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly skipped: readonly Skip[];
  readonly failed: readonly Failure[];
}

/** `found` in what the command prints; 'absent' when there is no such command. */
function printed(command: string, args: string[], found: RegExp): string {
  try {
    return found.exec(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[1]?.trim() ?? 'unknown';
  } catch {
    return 'absent';
  }
}

export function machine(): Results['machine'] {
  const [cpu] = os.cpus();
  return { cpu: cpu?.model ?? 'unknown', cores: os.cpus().length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), system: `${os.type()} ${os.release()}` };
}

const versionIn = (file: string) => (JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string }).version;
const versionOf = (name: string) => versionIn(`../../../node_modules/${name}/package.json`);

/** @param seen  versions that only a running peer tells */
export function versions(client: string, seen: Readonly<Record<string, string>>): Record<string, string> {
  return {
    waybill: versionIn('../../../package.json'), node: process.version, redis: printed('redis-server', ['--version'], /v=(\S+)/), client,
    fastify: versionOf('fastify'), bullmq: versionOf('bullmq'), 'pg-boss': versionOf('pg-boss'), amqplib: versionOf('amqplib'), ...seen,
  };
}

const amount = (value: number) => (Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0));

function line({ name, value, unit, p50Ms, p99Ms, more }: Row): string {
  const latency = p50Ms === undefined || p99Ms === undefined ? '' : `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;
  const seen = Object.entries(more ?? {}).map(([what, figure]) => `${what} ${amount(figure)}`);
  return `  ${name.padEnd(58)} ${amount(value).padStart(9)} ${unit.padEnd(8)} ${[latency, ...seen].filter(Boolean).join(', ')}`.trimEnd();
}

export function print({ rows, ratios, skipped, failed }: Pick<Results, 'rows' | 'ratios' | 'skipped' | 'failed'>): void {
  let group = '';
  for (const row of rows) {
    if (row.group !== group) console.log(`\n${row.group}`);
    ({ group } = row);
    console.log(line(row));
  }
  console.log('');
  for (const skip of skipped) console.log(`skipped: ${skip.peer} in ${skip.group}: ${skip.reason}`);
  for (const { group: name, reason } of failed) console.log(`failed: ${name}: ${reason}`);
  for (const [name, ratio] of Object.entries(ratios)) console.log(`[${name}] ${Math.abs(ratio) < 100 ? ratio.toFixed(3) : ratio.toFixed(0)}`);
}

export async function writeJson(file: string, results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}
