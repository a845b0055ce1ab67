import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import type { Secrets, Sender } from '../../destination.js';
import { aCall, aMessage, localGuard } from '../../testing/calls.js';
import { testMailParts } from '../../testing/mail-parts.js';
import { Receiver } from '../../testing/receiver.js';
import { destinationKinds } from '../registry.js';
import { WebhookKind } from './webhook-kind.js';

const kind = new WebhookKind(localGuard());
let receiver: Receiver;
const senders: Sender[] = [];

beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
  await receiver.close();
});

function open(settings: Record<string, unknown> = {}, secrets: Secrets = {}): Sender {
  const sender = kind.open(kind.settings.parse({ url: `${receiver.url}/hook?a=1`, ...settings }), secrets);
  senders.push(sender);
  return sender;
}
const json = (): Record<string, unknown> => JSON.parse(receiver.last.body.toString()) as Record<string, unknown>;

describe('a webhook', () => {
  it('sends a CloudEvent that carries the body without touching its digits', async () => {
    const answer = await open().send(aCall());
    expect(answer).toMatchObject({ outcome: 'delivered', status: 204, reason: null });
    expect(receiver.last).toMatchObject({ method: 'POST', url: '/hook?a=1', headers: { 'content-type': 'application/cloudevents+json', 'webhook-id': 'msg_0000000001a', 'user-agent': 'Waybill' } });
    expect(receiver.last.body.toString()).toContain('"data":{"order":1,"total":9.90}');
    expect(json()).toMatchObject({ specversion: '1.0', id: 'msg_0000000001a', type: 'order.created', source: 'urn:waybill:exchange:shop', time: '2026-11-28T12:00:00.000Z', datacontenttype: 'application/json' });
  });

  it('carries text as text and other bytes in base64', async () => {
    const sender = open();
    await sender.send(aCall({ messages: [aMessage({ contentType: 'text/plain', body: Buffer.from('grüß "Gott"') })] }));
    expect(json()).toMatchObject({ data: 'grüß "Gott"' });
    await sender.send(aCall({ messages: [aMessage({ contentType: 'image/png', body: Buffer.from([0xff, 0x00]) })] }));
    expect(json()).toMatchObject({ data_base64: '/wA=' });
    await sender.send(aCall({ messages: [aMessage({ body: Buffer.from('{"broken":') })] }));
    expect(json()).toMatchObject({ data: '{"broken":' });
  });

  it('gives an event that was published as one back with its own attributes, in both modes', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'e-1', 'ce-source': '/shop', 'ce-type': 'com.example.order', 'ce-subject': 'größe 1' };
    await open().send(aCall({ messages: [aMessage({ headers })] }));
    expect(json()).toMatchObject({ id: 'e-1', source: '/shop', type: 'com.example.order', subject: 'größe 1', data: { order: 1 } });
    await open({ format: 'cloudevents_binary' }).send(aCall({ messages: [aMessage({ headers })] }));
    expect(receiver.last.headers).toMatchObject({ 'ce-id': 'e-1', 'ce-type': 'com.example.order', 'ce-subject': 'gr%C3%B6%C3%9Fe%201', 'content-type': 'application/json' });
    const event = '{"specversion":"1.0","id":"e-2","source":"/s","type":"t","data":1.0}';
    await open().send(aCall({ messages: [aMessage({ contentType: 'application/cloudevents+json', body: Buffer.from(event) })] }));
    expect(receiver.last.body.toString()).toBe(event);
  });

  it('sends the body as it was published, with its properties in headers that cannot be taken for ours', async () => {
    const body = Buffer.from([0, 1, 2, 255]);
    await open({ format: 'raw' }).send(aCall({ messages: [aMessage({ contentType: 'image/png', body, group: 'g', correlationId: 'c', headers: { host: 'evil', 'webhook-id': 'evil', note: 'ü' }, traceparent: '00-1-2-01' })] }));
    expect(receiver.last.body.equals(body)).toBe(true);
    expect(receiver.last.headers).toMatchObject({
      'content-type': 'image/png', 'webhook-id': 'msg_0000000001a', 'waybill-key': 'order.created', 'waybill-group': 'g', 'waybill-correlation-id': 'c', 'waybill-h-host': 'evil', traceparent: '00-1-2-01',
    });
    expect(receiver.last.headers.host).toBe(new URL(receiver.url).host);
    expect(Buffer.from(receiver.last.headers['waybill-h-note'] as string, 'latin1').toString()).toBe('ü');
  });

  it('lets no header of a message end its line', async () => {
    await open({ format: 'raw' }).send(aCall({ messages: [aMessage({ key: 'a\r\nx-evil: 1', headers: { h: 'a\nx-evil: 1', 'bad name': 'x' }, contentType: 'text/plain\r\nx-evil: 1' })] }));
    expect(receiver.received).toHaveLength(1);
    expect(receiver.last.headers).not.toHaveProperty('x-evil');
    expect(receiver.last.headers).not.toHaveProperty('waybill-h-bad name');
  });

  it('sends several messages in one call, under an id that is the same for the same messages', async () => {
    const messages = [aMessage(), aMessage({ id: 'msg_0000000001b', contentType: 'text/plain', body: Buffer.from('hi') })];
    for (const [format, contentType] of [['cloudevents', 'application/cloudevents-batch+json'], ['cloudevents_binary', 'application/cloudevents-batch+json'], ['raw', 'application/json; charset=utf-8']]) {
      const sender = open({ format });
      await sender.send(aCall({ messages }));
      const first = receiver.last;
      expect(first.headers['content-type']).toBe(contentType);
      expect(JSON.parse(first.body.toString())).toMatchObject([{ id: 'msg_0000000001a' }, { id: 'msg_0000000001b' }]);
      await sender.send(aCall({ messages, attempt: 2 }));
      expect(receiver.last.headers['webhook-id']).toBe(first.headers['webhook-id']);
      await sender.send(aCall({ messages: messages.slice().reverse() }));
      expect(receiver.last.headers['webhook-id']).not.toBe(first.headers['webhook-id']);
    }
    expect(receiver.received.at(-1)?.headers['webhook-id']).toMatch(/^batch_[\w-]{27}$/);
  });

  it('sends the headers of its settings', async () => {
    await open({ headers: { 'X-Tenant': 'acme' } }).send(aCall());
    expect(receiver.last.headers['x-tenant']).toBe('acme');
  });

  it('answers every call as refused when a secret is missing or cannot be used', async () => {
    for (const [settings, secrets, reason] of [
      [{ auth: { kind: 'bearer' } }, {}, 'secret_missing'],
      [{ auth: { kind: 'bearer' } }, { token: [new Secret('a b')] }, 'setting_invalid'],
      [{}, { signing: [new Secret('not a key')] }, 'request_invalid'],
      [{ url: 'http://10.0.0.1/' }, {}, 'egress_private_address'],
      [{ headers: { Host: 'x' } }, {}, 'egress_header'],
    ] as const) {
      expect(await open(settings, secrets as Secrets).send(aCall())).toMatchObject({ outcome: 'refused', status: null, reason });
    }
    expect(receiver.received).toHaveLength(0);
  });
});

describe('the settings of a webhook', () => {
  const check = (settings: Record<string, unknown>) => kind.check(kind.settings.parse({ url: 'http://127.0.0.1:8080/', ...settings }));

  it.each([
    ['a private address', { url: 'http://192.168.1.1/' }, 'egress_refused'],
    ['another scheme', { url: 'ftp://example.com/' }, 'egress_refused'],
    ['credentials in the URL', { url: 'http://u:p@127.0.0.1/' }, 'egress_refused'],
    ['a port below the allowed ones', { url: 'http://127.0.0.1:22/' }, 'egress_refused'],
    ['a private token endpoint', { auth: { kind: 'oauth2', tokenUrl: 'http://169.254.169.254/token', clientId: 'c' } }, 'egress_refused'],
    ['a header that steers the connection', { headers: { 'Transfer-Encoding': 'chunked' } }, 'egress_refused'],
    ['a missing template', { format: 'template' }, 'setting_invalid'],
    ['an unknown placeholder', { format: 'template', template: { a: '{{env.HOME}}' } }, 'setting_invalid'],
  ])('refuse %s', async (_what, settings, code) => {
    await expect(check(settings)).rejects.toMatchObject({ code });
  });

  it('let a name through that does not resolve now, because every call is checked again', async () => {
    const guard = localGuard({ resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) });
    const webhook = new WebhookKind(guard);
    await expect(webhook.check(webhook.settings.parse({ url: 'http://later.example:8080/' }))).resolves.toBeUndefined();
  });

  it('make a signing secret of the scheme that they name', () => {
    const signing = kind.secrets.find(({ name }) => name === 'signing');
    expect(signing?.generate?.(kind.settings.parse({ url: 'http://a.b/' }))).toMatch(/^whsec_/);
    expect(signing?.generate?.(kind.settings.parse({ url: 'http://a.b/', signature: 'v1a' }))).toMatch(/^whsk_/);
  });
});

describe('the registry', () => {
  const kinds = destinationKinds({ egress: localGuard(), mail: testMailParts() });
  it('finds kinds by name and refuses others', () => {
    expect(kinds.usable('webhook').title).toBe('Webhook');
    expect(() => kinds.find('fax')).toThrow(expect.objectContaining({ code: 'destination_kind_unknown' }));
  });
});
