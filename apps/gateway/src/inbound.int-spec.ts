import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys } from '@waybill/broker';
import { openRefusedCalls, openSourceDirectory, refusedPerMinute, SecretBox } from '@waybill/delivery';
import { HeldClock, newId, Secret, silentLogger } from '@waybill/kernel';
import { loadConfig, ProblemReply } from '@waybill/platform';
import { testServer } from '@waybill/testing';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { wireBroker } from './broker-wiring.js';
import type { BrokerWiring } from './broker-wiring.js';
import { inboundRoutes } from './inbound.routes.js';
import { openRateLimits } from './publishing.js';
import { exchange, PublishGateway } from './testing/publish-gateway.js';
import { TestSpace } from './testing/open-gateway.js';

const bodyLimitBytes = 65_536;
const secret = 'a secret of the provider';
const config = loadConfig({ REDIS_URL: testServer('WAYBILL_TEST_REDIS_URL'), NODE_ENV: 'test', RATE_LIMIT_KEY_PER_SECOND: '20' });
const box = new SecretBox(config.secretsKeys);
const clock = new HeldClock(Date.now());

let broker: BrokerWiring;
let refused: ReturnType<typeof openRefusedCalls>;
let server: FastifyInstance;
let gateway: PublishGateway;
let space: TestSpace;
let url: string;

beforeAll(async () => {
  broker = await wireBroker(config, silentLogger);
  refused = openRefusedCalls({ redis: broker.redis, logger: silentLogger, clock });
  const problems = new ProblemReply(silentLogger);
  server = fastify({ forceCloseConnections: true });
  server.setErrorHandler((error, request, reply) => problems.send(error, request, reply));
  await server.register(inboundRoutes({ broker, sources: openSourceDirectory({ redis: broker.redis, box, clock }), refused, rates: openRateLimits(config, broker), clock, bodyLimitBytes, onPublished: () => undefined }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/v1/in`;
  gateway = await PublishGateway.open();
  space = await TestSpace.open();
  await space.queue('in', { dedup: { windowMs: 60_000, by: 'id' } });
  await exchange(space, 'hooks', 'topic', [{ destination: { queue: 'in' }, pattern: 'github.#' }]);
});
afterAll(async () => {
  await server.close();
  broker.close();
  await gateway.close();
  await space.close();
});

/** What the control plane would have written. */
async function source(given: Record<string, unknown> = {}, secrets: readonly string[] = [secret]): Promise<string> {
  const id = newId('source');
  const value = {
    id, version: 1, tenantId: 'tnt_1', namespaceId: space.ns, name: 'github', exchange: 'hooks', key: 'github.{{header:x-github-event}}', scheme: { kind: 'github' }, keepHeaders: ['x-github-event', 'x-none'], paused: false,
    secrets: secrets.map((text, index) => ({
      id: `sec_${index}`, createdAtMs: 0, liveUntilMs: index === 0 ? null : clock.nowMs() + 60_000, sealed: box.seal(new Secret(text), { tenantId: 'tnt_1', namespaceId: space.ns, subject: id, name: 'source' }),
    })),
    ...given,
  };
  await broker.redis.hset(`waybill:source:${id}`, { version: 1, value: JSON.stringify(value) });
  return id;
}
const signed = (body: string | Buffer, key = secret): string => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
interface Answer { status: number; body: { id?: string; code?: string } }
async function knock(id: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${url}/${id}`, {
    method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': randomBytes(8).toString('hex'), 'x-hub-signature-256': signed(body), ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}
const received = () => gateway.client(space.ns).receive('in', { waitSeconds: 0 });
const stored = () => broker.redis.hgetall(keys.openUsage(space.ns));

describe('the door for webhooks of others', () => {
  it('publishes what is verified, byte for byte, under the key of its template, and answers with its id', async () => {
    const id = await source();
    const body = '{"ref": "refs/heads/größe",  "n": 1.0}';
    const answer = await knock(id, body);
    expect(answer).toEqual({ status: 202, body: { id: expect.stringMatching(/^msg_/) } });
    const [message] = await received();
    expect(message).toMatchObject({ id: answer.body.id, key: 'github.push', contentType: 'application/json', headers: { 'x-github-event': 'push' } });
    expect(Buffer.from(message?.['body'] as string, message?.['bodyEncoding'] === 'base64' ? 'base64' : 'utf8').toString()).toBe(body);
  });

  it('stores an event that is sent again once, and names the first message', async () => {
    const id = await source();
    const first = await knock(id, '{}', { 'x-github-delivery': 'd-1' });
    const again = await knock(id, '{}', { 'x-github-delivery': 'd-1' });
    expect(again).toEqual(first);
    const other = await knock(await source(), '{}', { 'x-github-delivery': 'd-1' });
    expect(other.body.id).not.toBe(first.body.id);
    expect(await received()).toHaveLength(2);
  });

  it('answers 401 to what is not signed with a live secret, and stores nothing', async () => {
    const id = await source({}, [secret, 'the old one']);
    const before = await stored();
    for (const headers of [{ 'x-hub-signature-256': '' }, { 'x-hub-signature-256': signed('{"a":2}') }, { 'x-hub-signature-256': signed('{"a":1}', 'another') }]) {
      expect(await knock(id, '{"a":1}', headers)).toMatchObject({ status: 401, body: { code: 'signature_invalid' } });
    }
    expect(await stored()).toEqual(before);
    expect(await knock(id, '{"a":1}', { 'x-hub-signature-256': signed('{"a":1}', 'the old one') })).toMatchObject({ status: 202 });
    clock.advance(61_000);
    expect(await knock(id, '{"a":1}', { 'x-hub-signature-256': signed('{"a":1}', 'the old one') })).toMatchObject({ status: 401 });
    await received();
  });

  it('counts what it refuses with the reason, and reads no more calls of an address that is refused too often', async () => {
    const id = await source();
    const wrong = { 'x-hub-signature-256': signed('{}', 'another') };
    expect(await knock(id, '{}', { 'x-hub-signature-256': '' })).toMatchObject({ status: 401 });
    await refused.close();
    expect(await broker.redis.hgetall(`waybill:source:${id}:refused`)).toEqual({ calls: '1', lastAtMs: String(clock.nowMs()), lastReason: 'unsigned' });
    for (let call = 1; call < refusedPerMinute; call += 1) expect((await knock(id, '{}', wrong)).status).toBe(401);
    const shut = await fetch(`${url}/${id}`, { method: 'POST', body: '{}' });
    expect([shut.status, shut.headers.get('retry-after')]).toEqual([429, '60']);
    // Not even one that is signed: the address has to wait, at this source alone.
    expect(await knock(id, '{}')).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(await knock(await source(), '{}')).toMatchObject({ status: 202 });
    await refused.close();
    expect(await broker.redis.hgetall(`waybill:source:${id}:refused`)).toMatchObject({ calls: String(refusedPerMinute + 2), lastReason: 'too_many' });
    clock.advance(60_000);
    expect(await knock(id, '{}')).toMatchObject({ status: 202 });
    await received();
  });

  it('takes the bytes as they are, whatever their content type says', async () => {
    const id = await source();
    for (const [contentType, body] of [['application/x-ndjson', '{"a":1}\n{"b":2}\n'], ['application/vnd.waybill.batch+json', '{"messages":[]}'], ['image/png', Buffer.from([0xff, 0xd8])], ['application/json', '{"broken":']] as const) {
      expect(await knock(id, body, { 'content-type': contentType })).toMatchObject({ status: 202 });
    }
    expect((await received()).map(({ contentType }) => contentType)).toEqual(['application/x-ndjson', 'application/vnd.waybill.batch+json', 'image/png', 'application/json']);
  });

  it('answers 404 to an address that is none, in the same words as to one that was deleted', async () => {
    const id = await source();
    await broker.redis.hset(`waybill:source:${id}`, { version: 2, value: '' });
    const answers = await Promise.all([id, newId('source'), 'src_x', 'tnt_1', encodeURIComponent('../keys'), 'x'.repeat(60)].map((each) => knock(each, '{}')));
    for (const { status, body } of answers) expect([status, body.code]).toEqual([404, 'source_not_found']);
  });

  it('sees a change within two seconds', async () => {
    const id = await source();
    expect(await knock(id, '{}')).toMatchObject({ status: 202 });
    await broker.redis.del(`waybill:source:${id}`);
    clock.advance(2_001);
    expect(await knock(id, '{}')).toMatchObject({ status: 404 });
    await received();
  });

  it('answers 503 while the source is paused, but only to who may enter', async () => {
    const id = await source({ paused: true });
    expect(await knock(id, '{}')).toMatchObject({ status: 503, body: { code: 'source_paused' } });
    expect(await knock(id, '{}', { 'x-hub-signature-256': 'sha256=00' })).toMatchObject({ status: 401 });
  });

  it('refuses a body over the limit, and one whose exchange is gone', async () => {
    expect(await knock(await source(), Buffer.alloc(bodyLimitBytes + 1))).toMatchObject({ status: 413, body: { code: 'request_body_too_large' } });
    expect(await knock(await source({ exchange: 'gone' }), '{}')).toMatchObject({ status: 404, body: { code: 'exchange_not_found' } });
  });

  it('refuses a replay outside the tolerance', async () => {
    const id = await source({ scheme: { kind: 'stripe', toleranceSeconds: 300 }, key: 'github.{{body:type}}' });
    const body = '{"id":"evt_1","type":"invoice.paid"}';
    const at = Math.floor(clock.nowMs() / 1000);
    const header = `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
    expect(await knock(id, body, { 'stripe-signature': header })).toMatchObject({ status: 202 });
    expect((await received())[0]).toMatchObject({ key: 'github.invoice.paid' });
    clock.advance(301_000);
    expect(await knock(id, body, { 'stripe-signature': header })).toMatchObject({ status: 401, body: { code: 'signature_invalid' } });
  });

  it('holds a source to its rate', async () => {
    const id = await source();
    const answers = await Promise.all(Array.from({ length: 100 }, () => knock(id, '{}')));
    expect(answers.some(({ status, body }) => status === 429 && body.code === 'rate_limited')).toBe(true);
    expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
  });
});
