import { afterEach, describe, expect, it } from '@jest/globals';
import { RateLimitStore } from '@waybill/broker';
import { HeldClock } from '@waybill/kernel';
import type { Problem } from '@waybill/contracts';
import type { DataCaller } from './authenticate.js';
import { RateLimits } from './rate-limits.js';
import { TestSpace } from './testing/open-gateway.js';
import { PublishGateway } from './testing/publish-gateway.js';

const open: { close(): Promise<unknown> }[] = [];
const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function setUp(settings: Record<string, string>) {
  const space = keep(await TestSpace.open());
  await space.queue('q');
  return { space, gateway: keep(await PublishGateway.open(settings)) };
}

describe('a limit of calls a second', () => {
  it('holds for one key over all gateways, and says where the caller stands and when to come back', async () => {
    const { space, gateway } = await setUp({ RATE_LIMIT_KEY_PER_SECOND: '20' });
    const other = keep(await PublishGateway.open({ RATE_LIMIT_KEY_PER_SECOND: '20' }));
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? gateway : other).client(space.ns).post<Problem>('/queues/q/messages', 'x')));
    const admitted = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 429);
    expect(admitted.length + refused.length).toBe(60);
    // Twenty at once and those of the time the calls took.
    expect(admitted.length).toBeGreaterThanOrEqual(20);
    expect(admitted.length).toBeLessThan(50);
    expect(refused[0]).toMatchObject({ body: { code: 'rate_limited', detail: expect.stringContaining('20 a second') } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    for (const { headers } of answers) {
      expect(headers.get('ratelimit-policy')).toBe('"key";q=20;w=1');
      expect(headers.get('ratelimit')).toMatch(/^"key";r=\d+;t=1$/);
    }
  });

  it('of one key leaves other keys alone; that of the namespace is for all of them', async () => {
    const { space, gateway } = await setUp({ RATE_LIMIT_KEY_PER_SECOND: '5', RATE_LIMIT_NAMESPACE_PER_SECOND: '1000' });
    const flood = gateway.client(space.ns, 'usr_flood');
    await Promise.all(Array.from({ length: 20 }, () => flood.post('/queues/q/messages', 'x')));
    const calm = await gateway.client(space.ns, 'usr_calm').post('/queues/q/messages', 'x');
    expect([calm.status, calm.headers.get('ratelimit-policy')]).toEqual([201, '"key";q=5;w=1, "namespace";q=1000;w=1']);
    const stranger = await setUp({ RATE_LIMIT_NAMESPACE_PER_SECOND: '5' });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => stranger.gateway.client(stranger.space.ns, `usr_${i}`).post('/queues/q/messages', 'x')));
    expect(answers.filter(({ status }) => status === 201).length).toBeLessThan(25);
  });

  it('counts the messages of a batch, and lets one through that is larger than the limit when nothing was used', async () => {
    const { space, gateway } = await setUp({ RATE_LIMIT_KEY_PER_SECOND: '10' });
    const client = gateway.client(space.ns);
    const batch = JSON.stringify({ messages: Array(9).fill({ body: 'x' }) });
    const headers = { 'content-type': 'application/vnd.waybill.batch+json' };
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push((await client.post('/queues/q/messages', batch, headers)).status);
    expect(answers[0]).toBe(201);
    expect(answers).toContain(429);
  });

  it('absent means no header and no call to the store', async () => {
    const { space, gateway } = await setUp({});
    const { headers } = await gateway.client(space.ns).post('/queues/q/messages', 'x');
    expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null]);
    expect(await space.redis.keys(`{${space.ns}}:rate:*`)).toEqual([]);
  });
});

describe('the tokens of a gateway', () => {
  const callerOf = (space: TestSpace): DataCaller => ({ actor: { kind: 'api_key', id: 'k' }, tenantId: 'tnt_1' as DataCaller['tenantId'], namespaceId: space.ns, permissions: new Set() });

  it('are taken many at a time: the store is not asked per call', async () => {
    const space = keep(await TestSpace.open());
    let asked = 0;
    const store = new RateLimitStore(space.redis);
    const counting = { take: (...args: Parameters<RateLimitStore['take']>) => ((asked += 1), store.take(...args)) };
    const limits = new RateLimits(counting as RateLimitStore, { key: 1_000, namespace: 0 }, new HeldClock(0));
    for (let i = 0; i < 500; i += 1) await limits.take(callerOf(space), 1);
    expect(asked).toBe(10);
  });

  it('that were refused are not asked for again before they can be there', async () => {
    const space = keep(await TestSpace.open());
    let asked = 0;
    const clock = new HeldClock(0);
    const dry = { take: async () => ((asked += 1), { granted: 0, waitMs: 400, left: [0] }) };
    const limits = new RateLimits(dry as unknown as RateLimitStore, { key: 10, namespace: 0 }, clock);
    for (let i = 0; i < 20; i += 1) await expect(limits.take(callerOf(space), 1)).rejects.toMatchObject({ code: 'rate_limited', params: { retryAfterSeconds: 1, limit: 10 } });
    expect(asked).toBe(1);
    clock.advance(400);
    await expect(limits.take(callerOf(space), 1)).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked).toBe(2);
  });

  it('fill up by the second and no further', async () => {
    const space = keep(await TestSpace.open());
    const store = new RateLimitStore(space.redis);
    const buckets = [{ name: 'k', perSecond: 100 }];
    expect(await store.take(space.ns, buckets, 1, 1_000)).toMatchObject({ granted: 100, waitMs: 0 });
    const dry = await store.take(space.ns, buckets, 50, 50);
    expect(dry.granted).toBe(0);
    expect(dry.waitMs).toBeGreaterThan(300);
    await space.redis.hset(`{${space.ns}}:rate:k`, 'at', Date.now() - 3_600_000);
    expect(await store.take(space.ns, buckets, 1, 1_000)).toMatchObject({ granted: 100 });
  });
});
