import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer } from '../destination.js';
import { WebhookKind } from '../destinations/webhook/webhook-kind.js';
import { aCall } from '../testing/calls.js';
import { dnsCorpus, headerCorpus, urlCorpus } from '../testing/egress-corpus.js';
import { Receiver } from '../testing/receiver.js';
import { EgressGuard } from './guard.js';
import { EgressPolicy } from './policy.js';
import type { HostResolver } from './resolver.js';

/** A name server of the test's own: answers in turn, and counts how often it is asked. */
class ScriptedNames implements HostResolver {
  readonly asked = new Map<string, number>();

  constructor(private readonly answers: Readonly<Record<string, readonly (readonly string[])[]>>) {}

  resolve(host: string): Promise<readonly string[]> {
    const turn = this.asked.get(host) ?? 0;
    this.asked.set(host, turn + 1);
    const answers = this.answers[host];
    const answer = answers?.[Math.min(turn, answers.length - 1)];
    return answer === undefined ? Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })) : Promise.resolve(answer);
  }
}

/** Listens on every address of this machine: whatever gets through the guard is seen here. */
let canary: Server;
let port: number;
let connections = 0;
let control: Receiver;

beforeAll(async () => {
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '::', resolve));
  port = (canary.address() as AddressInfo).port;
  control = await Receiver.open();
});
afterAll(async () => {
  await new Promise((resolve) => canary.close(resolve));
  await control.close();
});

const strict = (names: HostResolver = new ScriptedNames({})): EgressGuard => new EgressGuard(new EgressPolicy({ allow: [], ports: [String(port)] }), names);

async function send(guard: EgressGuard, settings: Record<string, unknown>): Promise<Answer> {
  const kind = new WebhookKind(guard);
  const sender = kind.open({ ...kind.settings.parse({ url: 'http://x/' }), ...settings }, {});
  try {
    return await sender.send(aCall({ timeoutMs: 3_000 }));
  } finally {
    await sender.close();
  }
}
const refused = (reason: string) => ({ outcome: 'refused', status: null, reason });

describe('the egress corpus', () => {
  it('has at least 250 cases', () => {
    expect(urlCorpus.length + dnsCorpus.length + headerCorpus.length).toBeGreaterThanOrEqual(250);
    expect(new Set(urlCorpus.map(({ url }) => url)).size).toBe(urlCorpus.length);
  });

  it('can see a connection: without the guard the canary is reached', async () => {
    const before = connections;
    await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    expect(connections).toBe(before + 1);
    connections = 0;
  });

  it.each(urlCorpus)('$url is refused as $reason', async ({ url, reason }) => {
    const target = url.replace(/P(?=[/\\@#]|$)/, String(port)).replace(/(:000)P/, `$1${port}`);
    expect(await send(strict(), { url: target })).toMatchObject(refused(reason));
    await expect(new WebhookKind(strict()).check({ ...new WebhookKind(strict()).settings.parse({ url: 'http://x/' }), url: target })).rejects.toMatchObject({ code: 'egress_refused', params: { rule: reason } });
    expect(connections).toBe(0);
  });

  it.each(dnsCorpus)('$host is refused as $reason', async ({ host, answers, reason }) => {
    expect(await send(strict(new ScriptedNames({ [host]: answers })), { url: `http://${host}:${port}/` })).toMatchObject(refused(reason));
    expect(connections).toBe(0);
  });

  it.each(headerCorpus.map((headers) => [JSON.stringify(headers).slice(0, 60), headers] as const))('a destination with the headers %s is refused', async (_text, headers) => {
    expect(await send(strict(), { url: 'http://example.com/', headers })).toMatchObject(refused('egress_header'));
    expect(connections).toBe(0);
  });
});

describe('a name whose answer changes', () => {
  const host = 'rebind.attacker.example';

  it('is resolved once per connection, and the connection goes to the address that was checked', async () => {
    const names = new ScriptedNames({ [host]: [['127.0.0.1'], ['10.0.0.1']] });
    const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.1/32'], ports: ['1024-65535'] }), names);
    expect(await send(guard, { url: `${control.url.replace('127.0.0.1', host)}/` })).toMatchObject({ outcome: 'delivered' });
    expect(names.asked.get(host)).toBe(1);
  });

  it('is checked again at the next connection: public when the destination was made, private when it is called', async () => {
    const names = new ScriptedNames({ [host]: [['93.184.215.14'], ['127.0.0.1'], ['::1'], ['169.254.169.254']] });
    const guard = strict(names);
    const kind = new WebhookKind(guard);
    const url = `http://${host}:${port}/`;
    await expect(kind.check(kind.settings.parse({ url }))).resolves.toBeUndefined();
    expect(await send(guard, { url })).toMatchObject(refused('egress_private_address'));
    expect(await send(guard, { url })).toMatchObject(refused('egress_private_address'));
    expect(await send(guard, { url })).toMatchObject(refused('egress_metadata_address'));
    expect(connections).toBe(0);
  });

  it('in an open destination is refused at its next connection too', async () => {
    const names = new ScriptedNames({ [host]: [['127.0.0.2'], ['127.0.0.1']] });
    const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.2/32'], ports: ['1024-65535'] }), names);
    const kind = new WebhookKind(guard);
    const sender = kind.open(kind.settings.parse({ url: `http://${host}:${port}/` }), {});
    expect(await sender.send(aCall())).toMatchObject({ outcome: 'failed', reason: 'connection_reset' });
    expect(connections).toBe(1);
    connections = 0;
    expect(await sender.send(aCall())).toMatchObject(refused('egress_private_address'));
    expect(connections).toBe(0);
    await sender.close();
  });
});

describe('what is allowed', () => {
  it('a public name that leads to an allowed address is called, under its own name', async () => {
    const host = 'hooks.customer.example';
    const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.1/32'], ports: ['1024-65535'] }), new ScriptedNames({ [host]: [['127.0.0.1']] }));
    expect(await send(guard, { url: `${control.url.replace('127.0.0.1', host)}/in?a=1` })).toMatchObject({ outcome: 'delivered', status: 204 });
    expect(control.last).toMatchObject({ url: '/in?a=1', headers: { host: `${host}:${new URL(control.url).port}` } });
  });

  it('an allow-list opens its networks and nothing beside them', async () => {
    const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.1/32', 'fd00:1::/32'], ports: [String(port)] }), new ScriptedNames({}));
    for (const url of [`http://127.0.0.2:${port}/`, `http://[::1]:${port}/`, `http://10.0.0.1:${port}/`, 'http://[fd00:2::1]/', 'http://169.254.169.254/']) {
      expect(await send(guard, { url })).toMatchObject({ outcome: 'refused' });
    }
    expect(() => guard.policy.url(`http://127.0.0.1:${port}/`)).not.toThrow();
    expect(() => guard.policy.url(`http://[::ffff:127.0.0.1]:${port}/`)).not.toThrow();
    expect(() => guard.policy.url('http://[fd00:1::9]/')).not.toThrow();
    expect(connections).toBe(0);
  });

  it.each(['http://93.184.215.14/', 'https://example.com/a?b#c', 'http://[2606:4700::1111]/', 'https://xn--bcher-kva.example/', 'https://bücher.example/', 'https://EXAMPLE.com:443/', 'http://100.63.255.255/', 'http://172.32.0.1/', 'http://a_b.example/', 'http://[::ffff:8.8.8.8]/'])('%s passes the text', (url) => {
    const check = () => strict().policy.url(url);
    if (url.includes('::ffff')) expect(check).toThrow('translated');
    else expect(check).not.toThrow();
  });

  it('no proxy of the environment is asked', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.1:${port}`;
    try {
      const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.1/32'], ports: ['1024-65535'] }), new ScriptedNames({}));
      expect(await send(guard, { url: control.url })).toMatchObject({ outcome: 'delivered' });
      expect(connections).toBe(0);
    } finally {
      for (const name of names) delete process.env[name];
    }
  });

  it.each([301, 302, 303, 307, 308])('a redirect %i is not followed', async (status) => {
    control.reply = (_request, response) => response.writeHead(status, { location: `http://127.0.0.1:${port}/` }).end();
    const guard = new EgressGuard(new EgressPolicy({ allow: ['127.0.0.1/32'], ports: ['1024-65535'] }), new ScriptedNames({}));
    expect(await send(guard, { url: control.url })).toMatchObject({ outcome: 'failed', status, reason: 'redirect' });
    expect(connections).toBe(0);
  });
});
