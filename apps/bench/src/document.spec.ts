import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chartsOf, documentOf, writeDocument } from './document.js';
import type { Results } from './report.js';

const results: Results = {
  at: '2026-11-21T12:00:00.000Z',
  machine: { cpu: 'Example CPU', cores: 2, memoryGiB: 16, system: 'Linux 6.1' },
  versions: { waybill: '0.1.0', redis: '7.0.15' },
  options: { rounds: 5, seconds: 4, scale: 1, messageLog: false },
  rows: [
    { group: 'peers', name: 'publish 1024 B, Waybill HTTP, single', value: 30_000, unit: 'msg/s' },
    { group: 'peers', name: 'publish 1024 B, RabbitMQ quorum queue, AMQP 0-9-1', value: 40_000, unit: 'msg/s' },
    { group: 'latency', name: 'publish to long-poll receive', value: 1_000, unit: 'msg/s', p50Ms: 1.5, p99Ms: 4 },
    { group: 'gateways', name: 'one gateway process', value: 30_000, unit: 'msg/s', more: { 'redis % of a core': 42 } },
  ],
  ratios: { publish_vs_echo: 0.61, bytes_parked_1kib: 1400, push_idle_commands: 0.0049 },
  skipped: [{ group: 'latency', peer: 'rabbitmq', reason: 'rabbitmq-server is not installed' }],
  failed: [{ group: 'logged', reason: 'the message log has 5 events of 6 messages stored\n    at line' }],
};

describe('the page', () => {
  const text = documentOf(results, chartsOf(results));
  const lineOf = (name: string) => text.split('\n').find((line) => line.includes(`\`${name}\``));

  it('names the machine and the versions', () => {
    expect(text).toContain('2 cores of Example CPU, 16 GiB');
    expect(text).toContain('redis 7.0.15');
  });

  it('says for each figure what was promised, what was measured and whether it is kept', () => {
    expect(lineOf('publish_vs_echo')).toMatch(/at least 0.55 \| 0.61 \| yes/);
    expect(lineOf('bytes_parked_1kib')).toMatch(/at most 1,300 B \| 1,400 B \| no/);
    expect(lineOf('push_idle_commands')).toMatch(/at most 0.0100\/s \| 0.0049\/s \| yes/);
  });

  it('does not pass over a figure that was not measured', () => {
    expect(lineOf('backlog_5m')).toContain('not measured');
  });

  it('says which peers were skipped, and why', () => {
    expect(text).toContain('rabbitmq in latency: rabbitmq-server is not installed');
  });

  it('says which benchmarks failed, and why', () => {
    expect(text).toContain('- logged: the message log has 5 events of 6 messages stored\n');
  });

  it('says when the large numbers were made smaller', () => {
    expect(text).not.toContain('scaled');
    expect(documentOf({ ...results, options: { ...results.options, scale: 0.1 } }, [])).toContain('scaled by 0.1');
  });
});

describe('the charts', () => {
  it('sort the peers by rate and mark our own', () => {
    const bars = chartsOf(results).find(({ file }) => file === 'publish-1024.svg')?.chart.bars;
    expect(bars?.map(({ ours }) => ours)).toEqual([false, true]);
  });

  it('are left out where nothing was measured', () => {
    expect(chartsOf(results).map(({ file }) => file)).toEqual(['publish-1024.svg', 'latency.svg', 'gateways.svg']);
  });
});

describe('writing', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'waybill-document-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leaves exactly the charts that the page shows', async () => {
    await mkdir(path.join(folder, 'performance'));
    await writeFile(path.join(folder, 'performance/old.svg'), '<svg/>');
    await writeDocument(results, folder);
    const text = await readFile(path.join(folder, 'performance.md'), 'utf8');
    const shown = [...text.matchAll(/\(performance\/([\w.-]+)\)/g)].map(([, file]) => file);
    expect((await readdir(path.join(folder, 'performance'))).sort()).toEqual(shown.sort());
  });
});
