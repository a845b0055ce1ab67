import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@waybill/testing';
import { TestGateway, TestSpace } from './testing/open-gateway.js';
import { EventsClient, SocketClient } from './testing/stream-client.js';

let space: TestSpace;
let gateway: TestGateway;
let token: string;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  [space, gateway] = await Promise.all([TestSpace.open(), TestGateway.open()]);
  token = gateway.token(space.ns);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.close();
  await space.close();
});

async function socket(path: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }): Promise<SocketClient> {
  const client = await SocketClient.open(`${gateway.url}/v1/queues/${path}`, headers);
  clients.push(client);
  return client;
}

describe('on a socket', () => {
  it('a settle frame is carried out and answered with one result per receipt, under its id', async () => {
    const queue = await space.queue('q');
    await space.publish('q', 'a', 'b', 'c', 'd');
    const client = await socket('q/stream');
    await eventually(() => expect(client.messages).toHaveLength(4));
    const [a, b, c, d] = client.messages.map(({ receipt }) => receipt);
    client.send({ action: 'settle', id: 's1', accept: [a], release: [{ receipt: b, delaySeconds: 60 }], reject: [{ receipt: c, reason: 'no' }], defer: [{ receipt: d, key: 'later' }] });
    expect(await client.first('settled')).toEqual({
      type: 'settled', id: 's1',
      results: [{ receipt: a, outcome: 'accepted' }, { receipt: b, outcome: 'released' }, { receipt: c, outcome: 'rejected' }, { receipt: d, outcome: 'deferred' }],
    });
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 0, leased: 0, delayed: 1, deferred: 1, dead: 1 });
  });

  it('a receipt that cannot be settled has a problem of its own, and the socket goes on', async () => {
    await space.queue('q');
    await space.publish('q', 'a');
    const client = await socket('q/stream');
    await eventually(() => expect(client.messages).toHaveLength(1));
    client.send({ action: 'settle', id: '1', accept: ['nonsense', client.messages[0]!.receipt] });
    expect((await client.first('settled')).results).toMatchObject([{ outcome: 'failed', problem: { code: 'receipt_invalid' } }, { outcome: 'accepted' }]);
    client.send({ action: 'ping' });
    expect(await client.first('pong')).toEqual({ type: 'pong' });
  });

  it('credit can be taken away and given', async () => {
    const queue = await space.queue('q');
    const client = await socket('q/stream?credit=1');
    client.send({ action: 'credit', credit: 0 });
    client.send({ action: 'ping' });
    await client.first('pong');
    await space.publish('q', '1', '2', '3');
    expect(await gateway.broker.queues.figures(queue)).toMatchObject({ ready: 3, leased: 0 });
    client.send({ action: 'credit', credit: 2 });
    await eventually(() => expect(client.bodies).toEqual(['1', '2']));
    client.send({ action: 'credit', credit: 1 });
    client.send({ action: 'settle', id: '1', accept: [client.messages[0]!.receipt] });
    await client.first('settled');
    client.send({ action: 'settle', id: '2', accept: [client.messages[1]!.receipt] });
    await eventually(() => expect(client.bodies).toEqual(['1', '2', '3']));
  });

  it.each([
    ['text that is no JSON', 'hello', 'it is not JSON'],
    ['an unknown action', { action: 'publish' }, 'action'],
    ['too much credit', { action: 'credit', credit: 5000 }, 'credit'],
    ['a settle without an id', { action: 'settle', accept: [] }, 'id'],
  ])('%s is answered with a problem and changes nothing', async (_what, frame, named) => {
    await space.queue('q');
    const client = await socket('q/stream');
    client.send(frame);
    const { problem } = await client.first('problem');
    expect(problem).toMatchObject({ code: 'stream_protocol_error', status: 400, detail: expect.stringContaining(named) });
    await space.publish('q', 'still here');
    await eventually(() => expect(client.bodies).toEqual(['still here']));
  });

  it('a binary frame closes with 1003, one of more than 256 KiB with 1009', async () => {
    await space.queue('q');
    const binary = await socket('q/stream');
    binary.send(Buffer.from('{"action":"ping"}'));
    await eventually(() => expect(binary.closed?.code).toBe(1003));
    const long = await socket('q/stream');
    long.send(JSON.stringify({ action: 'settle', id: 'x', accept: ['r'.repeat(300_000)] }));
    await eventually(() => expect(long.closed?.code).toBe(1009));
    await eventually(() => expect(gateway.broker.streams.size).toBe(0));
  });

  it('a client that does not answer two pings in a row is cut off and its leases come back', async () => {
    const queue = await space.queue('q', { leaseMs: 3_600_000 });
    await space.publish('q', 'a');
    const client = await socket('q/stream');
    await eventually(() => expect(client.messages).toHaveLength(1));
    // A client that reads nothing answers no ping.
    client.socket.pause();
    for (let i = 0; i < 10; i += 1) gateway.broker.streams.check();
    await eventually(async () => expect(await gateway.broker.queues.figures(queue)).toMatchObject({ leased: 0, ready: 1 }));
  });
});

describe('a stream is refused before it begins', () => {
  const refused = async (path: string, headers: Record<string, string>) => {
    const { answer } = await EventsClient.open(`${gateway.url}/v1/queues/${path}`, headers);
    const events = { status: answer.status, code: ((await answer.json()) as { code: string }).code };
    const onSocket = await SocketClient.open(`${gateway.url}/v1/queues/${path}`, headers).catch((error: { status: number; body: { code: string } }) => ({ status: error.status, code: error.body.code }));
    expect(onSocket).toEqual(events);
    return `${events.status} ${events.code}`;
  };
  const authorization = () => ({ authorization: `Bearer ${token}` });

  it('without credentials, and with wrong ones', async () => {
    await space.queue('q');
    expect(await refused('q/stream', {})).toBe('401 auth_required');
    expect(await refused('q/stream', { authorization: `Bearer ${token}x` })).toBe('401 data_token_invalid');
  });

  it('without the permission to consume', async () => {
    await space.queue('q');
    token = gateway.token(space.ns, ['messages:publish']);
    expect(await refused('q/stream', authorization())).toBe('403 permission_missing');
  });

  it('of a queue that does not exist', async () => expect(await refused('nowhere/stream', authorization())).toBe('404 queue_not_found'));
  it('of a name that cannot be', async () => expect(await refused('a%20b/stream', authorization())).toBe('400 name_invalid'));

  it.each(['credit=0', 'credit=1001', 'credit=x', 'leaseSeconds=0', 'leaseSeconds=86401', 'consumer=a%20b'])('with ?%s', async (query) => {
    await space.queue('q');
    expect(await refused(`q/stream?${query}`, authorization())).toBe('400 request_invalid');
  });

  it('of a queue whose leases are over when they begin, unless it names a lease', async () => {
    await space.queue('q', { leaseMs: 0 });
    expect(await refused('q/stream', authorization())).toBe('400 request_invalid');
    await socket('q/stream?leaseSeconds=30');
  });

  it('with an API key in the address, where it would end up in logs', async () => {
    await space.queue('q');
    expect(await refused('q/stream?access_token=wb_live_x_y_z', {})).toBe('401 data_token_invalid');
  });
});

describe('a browser', () => {
  it('may put the short-lived token into the address, because it cannot send the header', async () => {
    await space.queue('q');
    await space.publish('q', 'a');
    const client = await socket(`q/stream?access_token=${token}`, {});
    await eventually(() => expect(client.bodies).toEqual(['a']));
    const { client: events } = await EventsClient.open(`${gateway.url}/v1/queues/q/stream?access_token=${token}`);
    clients.push(events);
    await space.publish('q', 'b');
    await eventually(() => expect([...client.bodies, ...events.bodies].sort()).toEqual(['a', 'b']));
  });
});

describe('a request that offers another protocol', () => {
  it('is answered as if it had not, as RFC 9110 §7.8 allows: some clients offer h2c with every request', async () => {
    await space.queue('q');
    const answer = await fetch(`${gateway.url}/v1/asyncapi.json`);
    expect(await answer.json()).toMatchObject({ asyncapi: '3.0.0' });
    const status = await new Promise((resolve, reject) => {
      const call = request(`${gateway.url}/v1/queues/q/receive`, {
        method: 'POST', headers: { authorization: `Bearer ${token}`, connection: 'upgrade', upgrade: 'h2c', 'content-type': 'application/json' },
      }, (response) => resolve(response.statusCode));
      call.on('error', reject).end('{"max":1}');
    });
    expect(status).toBe(200);
  });
});
