import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keys } from '@waybill/broker';
import { encodeState, freshState } from '../push/endpoint-state.js';
import { SubscribedNamespace } from '../testing/subscribed-namespace.store.js';

let at: SubscribedNamespace;
beforeAll(async () => {
  at = await SubscribedNamespace.start();
  await at.queue('orders');
});
afterAll(() => at?.stop());

describe('the health of an endpoint', () => {
  it('has no figures before the first call', async () => {
    await at.put('crm');
    expect(await at.open.healths.of(at.caller, at.ns, { name: 'crm' }, 24)).toEqual({
      from: '2026-11-27T12:00:00.000Z', to: '2026-11-28T12:00:00.000Z', calls: 0, delivered: 0, failed: 0, successRate: null, p50Ms: null, p99Ms: null, lastSuccessAt: null, lastFailureAt: null,
      circuit: 'closed', backlog: { ready: 0, leased: 0, delayed: 0, dead: 0, oldestReadyAgeMs: null },
    });
  });

  it('says how the circuit is that the workers keep, as long as that holds for the settings', async () => {
    const { subscription } = await at.put('crm');
    const circuit = async () => (await at.open.healths.of(at.caller, at.ns, { name: 'crm' }, 1)).circuit;
    const keep = (openUntilMs: number) => at.redis.hset(keys.push(at.ns, subscription.id), 'state', encodeState({ ...freshState(subscription), failures: 10, openUntilMs }));
    await keep(at.clock.nowMs() + 60_000);
    expect(await circuit()).toBe('open');
    await keep(at.clock.nowMs());
    expect(await circuit()).toBe('half_open');
    await at.put('crm', { settings: { url: 'http://127.0.0.1:9090/' } });
    expect(await circuit()).toBe('closed');
  });

  it('is asked for in vain when the subscription is not there', async () => {
    await expect(at.open.healths.of(at.caller, at.ns, { name: 'none' }, 1)).rejects.toMatchObject({ code: 'subscription_not_found' });
  });
});
