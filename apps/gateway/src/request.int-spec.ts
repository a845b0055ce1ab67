import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Problem, PublishReceipt } from '@waybill/contracts';
import { eventually } from '@waybill/testing';
import { TestSpace } from './testing/open-gateway.js';
import { exchange, PublishGateway, usage } from './testing/publish-gateway.js';
import type { PublishClient } from './testing/publish-gateway.js';

let space: TestSpace;
let gateway: PublishGateway;
let client: PublishClient;
beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), PublishGateway.open({ INLINE_LIMIT_BYTES: '65536' })]);
  client = gateway.client(space.ns);
  await space.queue('jobs');
  await exchange(space, 'rpc', 'direct', [{ destination: { queue: 'jobs' }, pattern: 'add' }]);
});
afterEach(async () => {
  await gateway.close();
  await space.close();
});

interface Job {
  readonly body: string;
  readonly replyTo: string;
  readonly correlationId: string;
}
const job = (with_: PublishClient = client) =>
  eventually(async () => {
    const [message] = await with_.receive('jobs', { max: 1, waitSeconds: 2 });
    expect(message).toBeDefined();
    return message as unknown as Job;
  });
const ask = (query = '', headers: Record<string, string> = {}) =>
  client.post('/exchanges/rpc/request' + query, '1+1', { 'waybill-key': 'add', 'content-type': 'text/plain', ...headers });
const addresses = async () => (await space.redis.keys(`{${space.ns}}:reply.*`)).length;

describe('a request', () => {
  it('is answered with what is published to its address, at whichever gateway', async () => {
    const other = await PublishGateway.open();
    try {
      for (const answering of [client, other.client(space.ns)]) {
        const asked = ask('', { 'waybill-correlation-id': 'c-1' });
        const { body, replyTo, correlationId } = await job(answering);
        expect([body, correlationId]).toEqual(['1+1', 'c-1']);
        const receipt = await answering.post<PublishReceipt>(`/queues/${replyTo}/messages`, Buffer.from([0xc3, 0xa4]), { 'content-type': 'text/x', 'waybill-correlation-id': correlationId, 'waybill-h-note': Buffer.from('ü').toString('latin1') });
        expect(receipt).toMatchObject({ status: 201, body: { queues: [replyTo], units: { messages: 1, kibIn: 1, exchangePasses: 0, queuePasses: 0 } } });
        const answer = await asked;
        expect([answer.status, answer.text, answer.headers.get('content-type'), answer.headers.get('waybill-correlation-id'), answer.headers.get('waybill-message-id')]).toEqual([200, 'ä', 'text/x', 'c-1', receipt.body.id]);
        expect(Buffer.from(answer.headers.get('waybill-h-note') ?? '', 'latin1').toString()).toBe('ü');
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      }
      expect(await addresses()).toBe(0);
    } finally {
      await other.close();
    }
  });

  it('counts its reply like a publish', async () => {
    const asked = ask();
    const { replyTo } = await job();
    const before = await usage(space);
    await client.post(`/queues/${replyTo}/messages`, 'x'.repeat(1500));
    await asked;
    const after = await usage(space);
    expect([after[`mq_messages ${space.ns}`], after[`mq_kib_in ${space.ns}`], before[`mq_messages ${space.ns}`]]).toEqual([1, 2, undefined]);
  });

  it('takes one answer; a second finds nobody', async () => {
    const asked = ask();
    const { replyTo } = await job();
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => client.post<Problem>(`/queues/${replyTo}/messages`, text)));
    expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([201, 'reply_gone', 'reply_gone']);
    expect((await asked).text).toBe(['a', 'b', 'c'][answers.findIndex(({ status }) => status === 201)]);
    expect(await client.post<Problem>(`/queues/${replyTo}/messages`, 'late')).toMatchObject({ status: 410, body: { code: 'reply_gone' } });
  });

  it('that nobody answers in time fails, and its address is gone', async () => {
    const asked = ask('?timeoutSeconds=0.3');
    const { replyTo } = await job();
    expect(await asked).toMatchObject({ status: 504, body: { code: 'request_timed_out', retryable: true } });
    expect(await client.post<Problem>(`/queues/${replyTo}/messages`, 'late')).toMatchObject({ status: 410 });
    expect(await addresses()).toBe(0);
  });

  it('whose client went away leaves no address', async () => {
    const controller = new AbortController();
    const asked = fetch(`${client.url}/v1/exchanges/rpc/request`, { method: 'POST', headers: { authorization: `Bearer ${client.token}`, 'waybill-key': 'add' }, body: 'x', signal: controller.signal });
    await job();
    expect(await addresses()).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await eventually(async () => expect(await addresses()).toBe(0));
  });

  it('that reaches no queue fails at once', async () => {
    expect(await client.post<Problem>('/exchanges/rpc/request', 'x', { 'waybill-key': 'none' })).toMatchObject({ status: 422, body: { code: 'request_unroutable' } });
    expect(await client.post<Problem>('/exchanges/none/request', 'x')).toMatchObject({ status: 404, body: { code: 'exchange_not_found' } });
    expect(await addresses()).toBe(0);
  });

  it('is refused with what it could not obey', async () => {
    for (const headers of [{ 'waybill-reply-to': 'mine' }, { 'idempotency-key': 'k' }]) expect(await ask('', headers as Record<string, string>)).toMatchObject({ status: 400, body: { code: 'request_header_invalid' } });
    expect(await ask('?timeoutSeconds=61')).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(await ask('', { 'content-type': 'application/x-ndjson' })).toMatchObject({ status: 415 });
    expect(await addresses()).toBe(0);
  });

  it('is not answered by an address that was guessed, nor by another namespace', async () => {
    const asked = ask('?timeoutSeconds=1');
    const { replyTo } = await job();
    const stranger = await TestSpace.open();
    expect(await client.post<Problem>('/queues/reply.x/messages', 'guess')).toMatchObject({ status: 410 });
    expect(await gateway.client(stranger.ns).post<Problem>(`/queues/${replyTo}/messages`, 'not yours')).toMatchObject({ status: 410 });
    await stranger.close();
    expect(await asked).toMatchObject({ status: 504 });
  });
});

describe('many requests at once', () => {
  it('each get their own answer', async () => {
    const asked = Promise.all(Array.from({ length: 40 }, (_, i) => client.post('/exchanges/rpc/request', String(i), { 'waybill-key': 'add', 'content-type': 'text/plain' })));
    for (let done = 0; done < 40; ) {
      const jobs = (await client.receive('jobs', { max: 10, waitSeconds: 2 })) as unknown as Job[];
      done += jobs.length;
      await Promise.all(jobs.map(({ body, replyTo }) => client.post(`/queues/${replyTo}/messages`, `re ${body}`)));
    }
    expect((await asked).map(({ text }) => text)).toEqual(Array.from({ length: 40 }, (_, i) => `re ${i}`));
  });
});
