import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WaybillClient } from '@waybill/client';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

const program = path.resolve(import.meta.dirname, '../../../apps/cli/bin/waybill.mjs');

let stack: Stack;
let customer: Customer;
let client: WaybillClient;
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  stack = await startInstallation();
  customer = await Customer.signUp(stack.controlPlane.url);
  const { secret: key } = await customer.key();
  folder = mkdtempSync(path.join(tmpdir(), 'waybill-cli-'));
  environment = { WAYBILL_URL: gatewayUrl(stack), WAYBILL_KEY: key, WAYBILL_CONTROL_URL: stack.controlPlane.url, WAYBILL_NAMESPACE: customer.namespaceId, HOME: folder };
  client = new WaybillClient({ url: gatewayUrl(stack), key, controlUrl: stack.controlPlane.url, namespace: customer.namespaceId });
});
afterAll(async () => {
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

/** The command as a process. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', notes: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.notes += data.toString()));
  const ended = new Promise<{ code: number | null; out: string; notes: string }>((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  return { said, ended, interrupt: () => child.kill('SIGINT') };
}
const waybill = (...args: string[]) => start(...args).ended;

const everything = `
waybill: 1
exchanges:
  shop: { kind: topic, alternate: lost }
  lost: { kind: fanout }
  by-name: { kind: direct }
  by-header: { kind: headers }
  by-content: { kind: filter }
  ring: { kind: consistent-hash, hashOn: { header: customer } }
  ring-by-key: { kind: consistent-hash }
  later: { kind: delayed, delaySeconds: 60, routesAs: direct }
  later-by-topic: { kind: delayed }
queues:
  plain:
  ordered: { kind: fifo, poison: park-group, deliveryLimit: 3 }
  urgent: { kind: priority, leaseSeconds: 120 }
  bounded: { maxMessages: 1000, maxBytes: 1048576, overflow: drop-oldest-to-dead-letters, messageTtlSeconds: 3600 }
  careful: { dedup: { windowSeconds: 600, by: body }, retry: { kind: list, delaysSeconds: [1, 5, 30] }, deadLetterExchange: lost, deadLetterKey: careful }
  patient: { retry: { kind: exponential, firstSeconds: 1, maxSeconds: 60, jitter: 0.5 }, singleActiveConsumer: true, deliveryLimit: null }
  passing: { deleteWhenIdleSeconds: 86400, fair: true }
bindings:
  - { from: shop, to: { queue: plain }, pattern: "order.#" }
  - { from: shop, to: { exchange: by-name }, pattern: "*.direct" }
  - { from: by-name, to: { queue: urgent }, pattern: urgent }
  - { from: by-header, to: { queue: plain }, headers: { region: eu }, match: any, absent: [test] }
  - { from: by-content, to: { queue: bounded }, filter: { body: { total: [{ numeric: [">", 100] }] } } }
  - { from: shop, to: { queue: careful }, pattern: canary, split: canary, weight: 5 }
  - { from: shop, to: { queue: patient }, pattern: canary, split: canary, weight: 95 }
  - { from: ring, to: { queue: ordered }, weight: 3 }
  - { from: lost, to: { queue: passing } }
schedules:
  nightly: { cron: "0 6 * * mon-fri", timeZone: Europe/Vienna, to: { exchange: shop }, message: { json: { run: true }, key: order.nightly, headers: { by: clock } } }
  hourly: { cron: "0 * * * *", to: { queue: plain }, paused: true, message: { body: tick, contentType: text/plain } }
`;

describe('a topology file', () => {
  it('with every kind and setting is applied once: the second plan is empty, and so is that of an export', async () => {
    writeFileSync(path.join(folder, 'everything.yaml'), everything);
    const first = await waybill('topology', 'apply', 'everything.yaml', '--yes');
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('27 to create, 0 to change, 0 to delete.') });
    expect(await waybill('topology', 'plan', 'everything.yaml', '--check', '--prune')).toEqual({ code: 0, out: 'Nothing to do.\n', notes: '' });
    expect(await waybill('topology', 'export', '--out', 'exported.yaml')).toMatchObject({ code: 0 });
    expect(await waybill('topology', 'plan', 'exported.yaml', '--check', '--prune')).toEqual({ code: 0, out: 'Nothing to do.\n', notes: '' });
  });

  it('that has less takes away the rest with --prune', async () => {
    writeFileSync(path.join(folder, 'less.yaml'), 'waybill: 1\nexchanges:\n  shop: { kind: topic }\nqueues:\n  plain:\nbindings: []\nschedules: {}\n');
    expect(await waybill('topology', 'apply', 'less.yaml', '--yes', '--prune')).toMatchObject({ code: 0 });
    expect(await waybill('topology', 'export')).toMatchObject({ code: 0, out: 'waybill: 1\nexchanges:\n  shop:\n    kind: topic\nqueues:\n  plain: {}\nbindings: []\n' });
  });
});

describe('the command', () => {
  it('receives until Ctrl-C and leaves nothing leased', async () => {
    await client.topology.putQueue('followed');
    const follower = start('receive', 'followed', '--follow', '--body-only');
    await client.queue('followed').publishAll([{ body: 'one' }, { body: 'two' }]);
    await eventually(() => expect(follower.said.out).toBe('one\ntwo\n'));
    follower.interrupt();
    expect(await follower.ended).toMatchObject({ code: 0, notes: '' });
    expect(await client.queue('followed').figures()).toMatchObject({ ready: 0, leased: 0, dead: 0 });
  });

  it('follows what happens to the messages of a queue', async () => {
    await client.topology.putQueue('watched');
    const tail = start('tail', '--queue', 'watched', '--json', '--since', '1m');
    await client.queue('watched').publish({ body: 'x' });
    const [message] = await client.queue('watched').receive();
    await message?.accept();
    await eventually(() => {
      const events = tail.said.out.trim().split('\n').map((line) => (JSON.parse(line) as { event: string; messageId: string }));
      expect(new Set(events.map(({ messageId }) => messageId))).toEqual(new Set([message?.id]));
      expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['leased', 'accepted']));
    });
    tail.interrupt();
    expect((await tail.ended).code).toBe(0);
    const timeline = await waybill('timeline', message?.id ?? '', '--json');
    expect(timeline.out.trim().split('\n').map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(expect.arrayContaining(['published', 'leased', 'accepted']));
  });

  it('sends dead letters back and waits for it', async () => {
    await client.topology.putQueue('failing');
    await client.queue('failing').publish({ body: 'x' });
    const [message] = await client.queue('failing').receive();
    await message?.reject('bad');
    expect(await waybill('redrive', 'failing', '--reason', 'bad', '--dry-run')).toMatchObject({ code: 0, notes: expect.stringContaining('1 messages fit') });
    expect(await waybill('redrive', 'failing', '--reason', 'bad', '--wait', '--json')).toMatchObject({ code: 0, out: expect.stringContaining('"state":"done"') });
    expect(await client.queue('failing').figures()).toMatchObject({ ready: 1, dead: 0 });
  });
});
