import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { environmentOf } from './environment.js';
import { runProgram } from './program.js';

interface Seen {
  readonly call: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let url: string;
let folder: string;
let seen: Seen[];
/** Answers by call: status and body. */
let answers: Record<string, [number, unknown]>;

beforeEach(async () => {
  seen = [];
  answers = {};
  folder = mkdtempSync(path.join(tmpdir(), 'waybill-cli-'));
  server = createServer((request, reply) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const call = `${request.method} ${request.url}`;
      seen.push({ call, headers: request.headers, body: Buffer.concat(parts).toString() });
      const [status, body] = answers[call] ?? [404, { code: 'route_not_found', status: 404, detail: `No ${call}.`, retryable: false }];
      reply.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', 'set-cookie': 'session=s1; HttpOnly' }).end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

async function waybill(args: string[], { input = '', typed = [] as string[], env = {} as Record<string, string> } = {}): Promise<Ran> {
  let out = '';
  let notes = '';
  const terminal = {
    write: (text: string) => void (out += text), note: (text: string) => void (notes += text),
    input: () => Readable.from([Buffer.from(input)]), ask: async () => typed.shift(),
  };
  const code = await runProgram(args, { environment: environmentOf({ XDG_CONFIG_HOME: folder, ...env }), terminal, signal: new AbortController().signal, version: '1.2.3' });
  return { code, out, notes };
}
const asKnown = () => ({ env: { WAYBILL_URL: url, WAYBILL_KEY: 'wb_test_k_s', WAYBILL_CONTROL_URL: url, WAYBILL_NAMESPACE: 'ns_1' } });
const problem = (status: number, code: string, retryable = false): [number, unknown] => [status, { code, status, detail: `About ${code}.`, retryable, instance: 'req_9' }];
const receipt = { id: 'msg_1', exchanges: ['shop'], queues: ['orders'], units: { messages: 1, kibIn: 1, exchangePasses: 1, queuePasses: 1 } };

describe('publish', () => {
  const call = 'POST /v1/exchanges/shop/messages';

  it('sends the argument with its options and prints the receipt', async () => {
    answers[call] = [201, receipt];
    const ran = await waybill(['publish', '{"order":1}', '-e', 'shop', '-k', 'order.created', '-p', '3', '-H', 'region=eu', '-H', 'a=b=c', '--delay', '1.5', '--idempotency-key', 'i1'], asKnown());
    expect(ran).toEqual({ code: 0, out: 'msg_1  stored in orders\n', notes: '' });
    expect(seen[0]).toMatchObject({ body: '{"order":1}', headers: { 'content-type': 'application/json', 'waybill-key': 'order.created', 'waybill-priority': '3', 'waybill-h-region': 'eu', 'waybill-h-a': 'b=c', 'waybill-delay': '1.5', 'idempotency-key': 'i1', authorization: 'Bearer wb_test_k_s' } });
  });

  it('takes the body from the standard input or a file', async () => {
    answers[call] = [201, receipt];
    await waybill(['publish', '-e', 'shop'], { ...asKnown(), input: 'hello' });
    writeFileSync(path.join(folder, 'body.bin'), Buffer.from([0, 1, 2]));
    await waybill(['publish', '-e', 'shop', '--file', path.join(folder, 'body.bin')], asKnown());
    expect(seen.map(({ body, headers }) => [body, headers['content-type']])).toEqual([['hello', 'text/plain; charset=utf-8'], ['\u0000\u0001\u0002', 'application/octet-stream']]);
  });

  it('publishes a file of lines and tells which failed', async () => {
    answers[call] = [201, { messages: [receipt, { problem: { code: 'queue_full', status: 429, detail: 'Full.', retryable: true } }] }];
    const ran = await waybill(['publish', '-e', 'shop', '-k', 'usual', '--batch', '-'], { ...asKnown(), input: '{"body":"a"}\n\n{"json":{"x":1},"key":"own"}\n' });
    expect(ran).toEqual({ code: 1, out: '1 stored, 1 not.\n', notes: 'line 3: queue_full: Full.\n' });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ mode: 'each', messages: [{ body: 'a', key: 'usual' }, { body: '{"x":1}', key: 'own', contentType: 'application/json' }] });
  });

  it.each([
    ['no place', ['publish', 'x'], 'Say where to'],
    ['two bodies', ['publish', 'x', '-e', 'shop', '--file', 'f'], 'Give one of'],
    ['a priority of 10', ['publish', 'x', '-e', 'shop', '-p', '10'], 'from 0 to 9'],
    ['a header without a value', ['publish', 'x', '-e', 'shop', '-H', 'region'], 'name=value'],
    ['an unknown option', ['publish', 'x', '--exchnge', 'shop'], 'unknown option'],
    ['an unknown command', ['publsh'], 'Did you mean publish'],
    ['a line that is no message', ['publish', '-e', 'shop', '--batch', '-'], 'line 1'],
  ])('with %s says so, ends with 2 and sends nothing', async (_name, args, told) => {
    const ran = await waybill(args, { ...asKnown(), input: '{"text":"no body"}' });
    expect(ran).toMatchObject({ code: 2, out: '', notes: expect.stringContaining(told) });
    expect(seen).toEqual([]);
  });
});

describe('errors', () => {
  it.each([
    [problem(400, 'request_invalid'), 1], [problem(401, 'api_key_revoked'), 3], [problem(403, 'permission_missing'), 3], [problem(404, 'queue_not_found'), 4],
  ] as [[number, unknown], number][])('%j end with %i', async (answer, code) => {
    answers['GET /v1/queues/orders'] = answer;
    expect((await waybill(['figures', 'orders'], asKnown())).code).toBe(code);
  });

  it('are told with code, what to do and request id; with --json as JSON', async () => {
    answers['GET /v1/queues/orders'] = problem(404, 'queue_not_found');
    expect((await waybill(['figures', 'orders'], asKnown())).notes).toBe('queue_not_found: About queue_not_found.\n  request req_9\n');
    expect(JSON.parse((await waybill(['figures', 'orders', '--json'], asKnown())).notes)).toEqual({ code: 'queue_not_found', detail: 'About queue_not_found.', status: 404, requestId: 'req_9' });
  });

  it('of a command without a login say what to do', async () => {
    expect(await waybill(['figures', 'orders'])).toMatchObject({ code: 2, notes: expect.stringContaining('waybill login') });
  });

  it('of a definition without a control plane say what to do', async () => {
    expect(await waybill(['exchanges'], { env: { WAYBILL_URL: url, WAYBILL_KEY: 'k' } })).toMatchObject({ code: 2, notes: expect.stringContaining('WAYBILL_CONTROL_URL') });
  });
});

describe('profiles', () => {
  const file = () => path.join(folder, 'waybill', 'profiles.json');

  it('are kept by login with permissions for nobody else, and used by later commands', async () => {
    answers['GET /v1/queues'] = [200, { items: [], next: null, at: '2026-01-01T00:00:00Z' }];
    answers['GET /v1/queues/orders'] = [200, { name: 'orders', ready: 3 }];
    expect(await waybill(['login', '--url', url, '--key', 'wb_test_secret', '--profile', 'work'])).toMatchObject({ code: 0 });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const figures = await waybill(['figures', 'orders', '--json']);
    expect(figures).toEqual({ code: 0, out: '{"name":"orders","ready":3}\n', notes: '' });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer wb_test_secret');
    expect((await waybill(['profiles'])).out).toContain('*  work');
    expect((await waybill(['logout'])).code).toBe(0);
    expect(readFileSync(file(), 'utf8')).not.toContain('secret');
  });

  it('are not read when others can read them', async () => {
    answers['GET /v1/queues'] = [200, { items: [], next: null, at: '' }];
    await waybill(['login', '--url', url, '--key', 'k']);
    chmodSync(file(), 0o644);
    expect(await waybill(['queues'])).toMatchObject({ code: 2, notes: expect.stringContaining('chmod 600') });
  });

  it('are not kept with a key that is wrong', async () => {
    answers['GET /v1/queues'] = problem(401, 'api_key_invalid');
    expect(await waybill(['login', '--url', url, '--key', 'k'])).toMatchObject({ code: 3 });
    expect((await waybill(['profiles'])).out).toContain('No profiles yet');
  });

  it('can be made by signing in: a key is created and the session ended', async () => {
    answers['POST /api/v1/session'] = [200, { user: {}, tenants: [{ name: 'T', namespaces: [{ id: 'ns_1', name: 'production' }, { id: 'ns_2', name: 'staging' }] }] }];
    answers['POST /api/v1/namespaces/ns_2/data-tokens'] = [201, { gatewayUrl: url, token: 't' }];
    answers['POST /api/v1/namespaces/ns_2/keys'] = [201, { secret: 'wb_live_made' }];
    answers['DELETE /api/v1/session'] = [204, undefined];
    const ambiguous = await waybill(['login', '--control-url', url, '--email', 'a@example.com'], { typed: ['password'] });
    expect(ambiguous).toMatchObject({ code: 2, notes: expect.stringContaining('ns_2  T / staging') });
    const ran = await waybill(['login', '--control-url', url, '--email', 'a@example.com', '--namespace', 'staging'], { typed: ['password'] });
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('ns_2') });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ current: 'default', profiles: { default: { url, key: 'wb_live_made', controlUrl: url, namespace: 'ns_2' } } });
    expect(seen.filter(({ call }) => call === 'DELETE /api/v1/session').map(({ headers }) => headers.cookie)).toEqual(['session=s1']);
  });

  it('give way to the environment, and the environment to options', async () => {
    answers['GET /v1/queues'] = [200, { items: [], next: null, at: '' }];
    await waybill(['login', '--url', url, '--key', 'from-profile']);
    await waybill(['queues'], { env: { WAYBILL_KEY: 'from-environment' } });
    await waybill(['queues', '--key', 'from-option'], { env: { WAYBILL_KEY: 'from-environment' } });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer from-profile', 'Bearer from-environment', 'Bearer from-option']);
  });
});

describe('operating', () => {
  it('purges all only when told so', async () => {
    answers['POST /v1/queues/orders/purge'] = [200, { purged: 12 }];
    expect(await waybill(['purge', 'orders'], asKnown())).toMatchObject({ code: 2, notes: expect.stringContaining('--all') });
    expect(seen).toEqual([]);
    expect(await waybill(['purge', 'orders', '--all'], asKnown())).toMatchObject({ code: 0, out: 'Removed 12 messages.\n' });
  });

  it('sends the filter of a redrive', async () => {
    const task = { id: 't1', kind: 'redrive', queue: 'orders', state: 'running', filter: {}, to: null };
    answers['POST /v1/queues/orders/redrive'] = [202, { task }];
    expect((await waybill(['redrive', 'orders', '--reason', 'rejected', '--rate', '10', '--to', 'exchange:shop', '--json'], asKnown())).out).toBe(`${JSON.stringify(task)}\n`);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ filter: { reason: 'rejected' }, to: { exchange: 'shop' }, ratePerSecond: 10 });
  });

  it('ends with 1 when a task failed', async () => {
    answers['GET /v1/tasks/t1'] = [200, { id: 't1', state: 'failed', filter: {}, to: null, problem: 'queue_not_found' }];
    expect((await waybill(['tasks', 'wait', 't1'], asKnown())).code).toBe(1);
  });

  it('shows what came from a message without control characters', async () => {
    answers['GET /v1/queues/orders/messages?state=ready&body=head&limit=50'] = [200, { items: [{ id: 'm', state: 'ready', publishedAt: 'p', key: 'k', bytes: 3, deliveryCount: 0, body: '\u001b[2Jevil', bodyEncoding: 'utf8' }], next: null, scanned: 1 }];
    const { out } = await waybill(['browse', 'orders'], asKnown());
    expect(out).toContain('�[2Jevil');
    expect(out).not.toContain('\u001b');
  });
});

describe('subscriptions', () => {
  const base = '/api/v1/namespaces/ns_1';
  const subscription = { name: 'crm', queue: 'orders', kind: 'webhook', settings: { url: 'https://crm.example/' }, state: 'active', disabledReason: null, failingSince: null, customer: null, held: false, recipients: [] };

  it('are put with their settings, and a secret that was made is shown', async () => {
    answers[`PUT ${base}/subscriptions/crm`] = [201, { ...subscription, secrets: [{ id: 'sec_1', name: 'signing', value: 'whsec_x' }] }];
    const ran = await waybill(['subscriptions', 'put', 'crm', '-q', 'orders', '--to', 'https://crm.example/', '--settings', '{"format":"raw"}', '--secret', 'token=a=b'], asKnown());
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('secret signing, shown this once: whsec_x') });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ queue: 'orders', kind: 'webhook', settings: { format: 'raw', url: 'https://crm.example/' }, secrets: { token: 'a=b' }, customer: null, description: '' });
  });

  it('are listed, paused and tested; a test that fails ends with 1', async () => {
    answers[`GET ${base}/subscriptions?limit=1000`] = [200, { items: [subscription], next: null }];
    answers[`POST ${base}/subscriptions/crm/pause`] = [200, { ...subscription, state: 'paused' }];
    answers[`POST ${base}/subscriptions/crm/test`] = [200, { message: 'test_1', outcome: 'failed', status: 500, reason: null, durationMs: 3, answer: 'no', requestId: null }];
    expect((await waybill(['subscriptions'], asKnown())).out).toContain('crm   orders  webhook  active');
    expect((await waybill(['subscriptions', 'pause', 'crm'], asKnown())).out).toContain('paused');
    expect(await waybill(['subscriptions', 'test', 'crm'], asKnown())).toMatchObject({ code: 1, out: expect.stringContaining('500') });
  });

  it('of mails have the people they mail, who are asked again by address', async () => {
    const recipients = [{ address: 'ops@example.com', state: 'waiting', askedAt: null, linkEndsAt: null, notAsked: '550 no such mailbox' }];
    answers[`GET ${base}/subscriptions?limit=1000`] = [200, { items: [{ ...subscription, kind: 'mail', held: true, recipients }], next: null }];
    answers[`GET ${base}/subscriptions/crm`] = [200, { ...subscription, held: true, recipients }];
    answers[`POST ${base}/subscriptions/crm/recipients/ask`] = [200, { ...subscription, held: true, recipients }];
    expect((await waybill(['subscriptions'], asKnown())).out).toContain('no recipient has confirmed');
    expect((await waybill(['subscriptions', 'show', 'crm'], asKnown())).out).toContain('recipient ops@example.com: waiting, the mail that asks could not be sent: 550 no such mailbox');
    expect((await waybill(['subscriptions', 'ask', 'crm', 'ops@example.com'], asKnown())).out).toContain('ops@example.com is asked again');
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual({ address: 'ops@example.com' });
  });

  it('show their attempts and send again', async () => {
    answers[`GET ${base}/attempts?subscription=crm&outcome=failed&limit=200`] = [200, { items: [{ id: 'att_1', at: 'now', subscription: 'crm', message: 'msg_1', attempt: 1, outcome: 'failed', status: null, reason: 'timeout', durationMs: 9 }, { id: 'att_2' }], next: null }];
    answers[`POST ${base}/attempts/att_1/resend`] = [202, { message: 'msg_1', from: 'dead' }];
    answers[`POST ${base}/subscriptions/crm/resend`] = [202, { id: 'tsk_1', state: 'running', retries: 3, dead: 2 }];
    const { out } = await waybill(['attempts', '-s', 'crm', '--failed', '-n', '1'], asKnown());
    expect(out).toMatch(/att_1 .* timeout/);
    expect(out).not.toContain('att_2');
    expect((await waybill(['resend', 'att_1'], asKnown())).out).toBe('msg_1 is sent again, from the dead letters.\n');
    expect((await waybill(['resend', '-s', 'crm', '--since', '2026-11-28T00:00:00Z', '--rate', '5'], asKnown())).out).toBe('3 that waited for their next attempt are due now. Dead letters: waybill tasks wait tsk_1\n');
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual({ since: '2026-11-28T00:00:00.000Z', ratePerSecond: 5 });
    expect((await waybill(['resend', '-s', 'crm', '--since', '2026-11-28T00:00:00Z', '--dry-run'], asKnown())).out).toBe('3 wait for their next attempt, 2 are dead letters.\n');
    expect(await waybill(['resend'], asKnown())).toMatchObject({ code: 2, notes: expect.stringContaining('Give an attempt') });
  });
});

describe('topology apply', () => {
  const file = () => path.join(folder, 'topology.yaml');

  beforeEach(() => {
    writeFileSync(file(), 'waybill: 1\nqueues:\n  orders: { leaseSeconds: 60 }\n');
    answers['GET /api/v1/namespaces/ns_1/exchanges?limit=1000'] = [200, { items: [], next: null }];
    answers['GET /api/v1/namespaces/ns_1/queues?limit=1000'] = [200, { items: [], next: null }];
    answers['GET /api/v1/namespaces/ns_1/bindings?limit=1000'] = [200, { items: [], next: null }];
    answers['PUT /api/v1/namespaces/ns_1/queues/orders'] = [201, {}];
  });
  const changes = () => seen.filter(({ call }) => call.startsWith('PUT')).length;

  it('asks, and changes nothing without a yes', async () => {
    expect(await waybill(['topology', 'apply', file()], { ...asKnown(), typed: ['no'] })).toMatchObject({ code: 1, out: expect.stringContaining('+ queue orders'), notes: 'Nothing was changed.\n' });
    expect(await waybill(['topology', 'apply', file()], asKnown())).toMatchObject({ code: 2, notes: expect.stringContaining('--yes') });
    expect(changes()).toBe(0);
    expect(await waybill(['topology', 'apply', file()], { ...asKnown(), typed: ['yes'] })).toMatchObject({ code: 0 });
    expect(changes()).toBe(1);
  });

  it('with --yes does not ask; plan --check tells that there is something to do', async () => {
    expect(await waybill(['topology', 'plan', file(), '--check'], asKnown())).toMatchObject({ code: 6 });
    expect(await waybill(['topology', 'apply', file(), '--yes', '--json'], asKnown())).toMatchObject({ code: 0, notes: 'created queue orders\n' });
    expect(JSON.parse(seen.find(({ call }) => call.startsWith('PUT'))?.body ?? '')).toMatchObject({ leaseSeconds: 60, kind: 'standard' });
  });
});

describe('help', () => {
  it('lists the commands, and the version is told', async () => {
    expect(await waybill(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('topology') });
    expect(await waybill(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
  });
});

describe('verify-invoice', () => {
  const golden = readFileSync(path.resolve(import.meta.dirname, '../test/golden-export.json'), 'utf8');

  it('says equal of a file and of the standard input, and calls nobody', async () => {
    const file = path.join(folder, 'export.json');
    writeFileSync(file, golden);
    const equal = { code: 0, out: 'equal: WB-2026-000001 of 2026-11, 16.34 USD; 9 lines from 18 rows, 2 hours.\n', notes: expect.stringMatching(/^Not proved: this export is of version 1 /) };
    expect([await waybill(['verify-invoice', file]), await waybill(['verify-invoice', '-'], { input: golden })]).toEqual([equal, equal]);
    expect(JSON.parse((await waybill(['verify-invoice', file, '--json'])).out)).toMatchObject({ equal: true, totalCents: '1634', rows: 18, hours: 2, differences: [] });
    expect(seen).toEqual([]);
  });

  it('tells each line that differs with both amounts and ends with 6', async () => {
    const { code, out, notes } = await waybill(['verify-invoice', '-'], { input: golden.replace('"amountCents": "95"', '"amountCents": "96"') });
    expect([code, notes.split('\n')[0]]).toEqual([6, 'WB-2026-000001 of 2026-11 is not what its rows, prices and second counts make.']);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([['where', 'what', 'invoice', 'computed'], ['Data in', 'amount', '0.96 USD', '0.95 USD'], ['']]);
  });

  it('ends with 6 when the second count differs, and names hour, exchange and both numbers', async () => {
    const export2 = JSON.parse(golden) as { format: string; digests: object[]; rows: { dimension: string; quantity: string; resourceId: string; counted?: string }[] };
    export2.format = 'waybill.invoice-export.2';
    for (const digest of export2.digests) Object.assign(digest, { secondCount: { messages: null, units: { mq_messages: '0' } } });
    for (const row of export2.rows) if (row.dimension === 'mq_messages') row.counted = row.quantity;
    const equal = await waybill(['verify-invoice', '-'], { input: JSON.stringify(export2) });
    expect([equal.code, equal.notes.split('\n')[0]]).toEqual([0, 'Counted a second time, from the message log and the recorded calls: 2 rows; all equal.']);
    const row = export2.rows.find(({ dimension }) => dimension === 'mq_messages')!;
    row.counted = String(BigInt(row.quantity) - 1n);
    const { code, out, notes } = await waybill(['verify-invoice', '-'], { input: JSON.stringify(export2) });
    expect([code, out.split('\n')[1]!.split(/ {2,}/)]).toEqual([6, [`ns_1 2026-11-10T10:00:00.000Z ${row.resourceId} (publish)`, 'mq_messages, second count', row.quantity, row.counted]]);
    expect(notes).toContain('2 rows; 1 differ.');
  });

  it('refuses what is no export, and ends with 2', async () => {
    expect(await waybill(['verify-invoice', '-'], { input: '{"format":"other"}' })).toMatchObject({ code: 2, out: '', notes: expect.stringContaining('The standard input is no export of an invoice') });
  });
});
