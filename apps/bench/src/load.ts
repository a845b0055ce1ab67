import { execFile, execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import type { Measured } from './rounds.js';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Values of the waybill-key header, sent in turn; none: the headers stay as they are. */
  readonly routingKeys?: { readonly prefix: string; readonly suffix: string; readonly count: number };
  readonly connections: number;
  readonly seconds: number;
}

function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** wrk leaves more of the machine to what is measured; autocannon is there everywhere. */
export const client: 'wrk' | 'autocannon' = has('wrk') ? 'wrk' : 'autocannon';

/** Drives one POST with keep-alive connections; fails when any answer is not 201. */
export function drive(load: Load): Promise<Measured> {
  return client === 'wrk' ? driveWithWrk(load) : driveWithAutocannon(load);
}

const lua = JSON.stringify;

function wrkScript({ headers, body, routingKeys }: Load): string {
  const lines = [
    'wrk.method = "POST"',
    `wrk.body = ${lua(body)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`),
  ];
  if (routingKeys) {
    lines.push(
      'local next = 0',
      `function request() next = (next + 1) % ${routingKeys.count}; wrk.headers["waybill-key"] = ${lua(routingKeys.prefix)} .. next .. ${lua(routingKeys.suffix)}; return wrk.format() end`,
    );
  }
  lines.push(
    'function done(summary, latency)',
    '  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),',
    '    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))',
    'end',
  );
  return lines.join('\n');
}

let scripts = 0;

async function driveWithWrk(load: Load): Promise<Measured> {
  const script = path.join(tmpdir(), `waybill-bench-${process.pid}-${(scripts += 1)}.lua`);
  await writeFile(script, wrkScript(load));
  try {
    const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${load.connections}`, `-d${Math.max(1, Math.round(load.seconds))}s`, '-s', script, load.url]);
    const result = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout);
    if (!result) throw new Error(`wrk printed no result:\n${stdout}`);
    const [requests, durationUs, p50Us, p99Us, refused, broken] = result.slice(1).map(Number) as [number, number, number, number, number, number];
    if (refused > 0 || broken > 0) throw new Error(`${load.url}: ${refused} answers were not 2xx, ${broken} connections failed`);
    return { perSecond: requests / (durationUs / 1e6), p50Ms: p50Us / 1000, p99Ms: p99Us / 1000 };
  } finally {
    await rm(script, { force: true });
  }
}

async function driveWithAutocannon({ url, headers, body, routingKeys, connections, seconds }: Load): Promise<Measured> {
  const requests = routingKeys
    ? Array.from({ length: Math.min(routingKeys.count, 5_000) }, (_, i) => ({ headers: { ...headers, 'waybill-key': `${routingKeys.prefix}${i}${routingKeys.suffix}` } }))
    : [{ headers }];
  const result = await autocannon({ url, method: 'POST', body, connections, duration: Math.max(1, Math.round(seconds)), requests });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} connections failed`);
  return { perSecond: result.requests.total / result.duration, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}
