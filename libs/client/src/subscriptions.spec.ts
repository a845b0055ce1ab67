import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HeldTime } from './testing/held-time.js';
import { json, lostAnswer, ScriptedServer } from './testing/scripted-server.js';
import { WaybillClient } from './waybill-client.js';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.stop());

const subscriptions = () => new WaybillClient({ url: server.url, controlUrl: server.url, namespace: 'ns_1', key: 'wb_test_k_s', time: new HeldTime(undefined, true) }).subscriptions;
const asked = () => server.requests.map(({ method, url }) => `${method} ${url}`);
const base = '/api/v1/namespaces/ns_1';

describe('subscriptions of a client', () => {
  it('are put and acted on by name, and tried again when an answer is lost', async () => {
    server.script(lostAnswer, json({ name: 'a b' }, 201));
    await expect(subscriptions().put('a b', { queue: 'orders', kind: 'webhook', settings: { url: 'https://a.b/' } })).resolves.toMatchObject({ name: 'a b' });
    server.script(json({ state: 'paused' }));
    await subscriptions().pause('crm');
    expect(asked()).toEqual([`PUT ${base}/subscriptions/a%20b`, `PUT ${base}/subscriptions/a%20b`, `POST ${base}/subscriptions/crm/pause`]);
    expect(JSON.parse(server.requests[1]?.body.toString() ?? '')).toEqual({ queue: 'orders', kind: 'webhook', settings: { url: 'https://a.b/' } });
  });

  it('do not send a test or make a secret twice when an answer is lost', async () => {
    server.script(lostAnswer);
    await expect(subscriptions().test('crm')).rejects.toMatchObject({ name: 'WaybillConnectionError' });
    await expect(subscriptions().addSecret('crm', { name: 'signing' })).rejects.toMatchObject({ name: 'WaybillConnectionError' });
    expect(asked()).toEqual([`POST ${base}/subscriptions/crm/test`, `POST ${base}/subscriptions/crm/secrets`]);
  });

  it('show their attempts page by page, and send again', async () => {
    server.script(json({ items: [{ id: 'att_1' }], next: 'n' }), json({ items: [{ id: 'att_2' }], next: null }), json({ message: 'msg_1', from: 'retry' }, 202), json({ id: 'tsk_1' }, 202), json({ dryRun: true, dead: 2, retries: 1, complete: true }));
    const ids = [];
    for await (const { id } of subscriptions().attempts({ subscription: 'crm', outcome: 'failed' })) ids.push(id);
    expect(ids).toEqual(['att_1', 'att_2']);
    expect(await subscriptions().resend('att_1')).toEqual({ message: 'msg_1', from: 'retry' });
    expect(await subscriptions().resendFailed('crm', { since: '2026-11-28T00:00:00Z' })).toEqual({ id: 'tsk_1' });
    expect(await subscriptions().countFailed('crm', '2026-11-28T00:00:00Z')).toEqual({ dryRun: true, dead: 2, retries: 1, complete: true });
    expect(asked()).toEqual([
      `GET ${base}/attempts?subscription=crm&outcome=failed&limit=200`, `GET ${base}/attempts?subscription=crm&outcome=failed&limit=200&after=n`,
      `POST ${base}/attempts/att_1/resend`, `POST ${base}/subscriptions/crm/resend`, `POST ${base}/subscriptions/crm/resend`,
    ]);
  });
});
