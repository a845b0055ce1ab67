import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@waybill/testing';
import { HeldClock, Secret } from '@waybill/kernel';
import { Webhook } from 'standardwebhooks';
import { DestinationRegistry } from '../destinations/registry.js';
import { WebhookKind } from '../destinations/webhook/webhook-kind.js';
import { newSigningSecret } from '../signing/signing-key.js';
import { aCall, localGuard } from '../testing/calls.js';
import { subscriptionOf } from '../testing/push.js';
import { Receiver } from '../testing/receiver.js';
import { DrainingSender } from './draining-sender.js';
import { OpenSenders } from './open-senders.js';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.open();
});
afterEach(() => receiver.close());

describe('open destinations', () => {
  it('sign the next call with a new secret, and lose no call that is under way when it comes', async () => {
    const [first, second] = [newSigningSecret(), newSigningSecret()];
    let secrets = [new Secret(first)];
    const kind = new WebhookKind(localGuard());
    const senders = new OpenSenders(new DestinationRegistry([kind] as never), { secretsOf: async () => ({ secrets: { signing: secrets }, untilMs: null }) }, new HeldClock(0));
    const settings = kind.settings.parse({ url: `${receiver.url}/` }) as never;
    const subscription = subscriptionOf({}, { kind: 'webhook', settings });
    const answers: (() => void)[] = [];
    receiver.reply = (_request, response) => void answers.push(() => response.writeHead(200).end());
    const signedWith = (secret: string, index: number) => {
      const { headers, body } = receiver.received[index]!;
      return () => new Webhook(secret).verify(body, headers as Record<string, string>);
    };

    const underWay = (await senders.open(subscription)).send(aCall());
    await eventually(() => expect(receiver.received).toHaveLength(1));
    secrets = [new Secret(second)];
    const next = (await senders.open({ ...subscription, version: 2 })).send(aCall());
    await eventually(() => expect(receiver.received).toHaveLength(2));
    for (const answer of answers) answer();
    expect([(await underWay).outcome, (await next).outcome]).toEqual(['delivered', 'delivered']);
    expect(signedWith(first, 0)).not.toThrow();
    expect(signedWith(second, 1)).not.toThrow();
    expect(signedWith(first, 1)).toThrow();
    await senders.close(subscription.id);
  });
});

describe('closing a destination', () => {
  const answer = { outcome: 'delivered', status: 200, reason: null, head: new Uint8Array(), requestId: null, retryAfterMs: null } as const;

  it('waits for the calls under way', async () => {
    const order: string[] = [];
    const ended = Promise.withResolvers<typeof answer>();
    const sender = new DrainingSender({ send: () => ended.promise, close: async () => void order.push('closed') });
    const call = sender.send(aCall()).then(() => order.push('answered'));
    const closing = sender.close();
    ended.resolve(answer);
    await Promise.all([call, closing]);
    expect(order).toEqual(['answered', 'closed']);
  });

  it.each([
    ['a call that never ends', () => new Promise<never>(() => undefined), async () => undefined],
    ['connections that never close', async () => answer, () => new Promise<never>(() => undefined)],
  ])('ends in time with %s', async (_case, send, close) => {
    const sender = new DrainingSender({ send, close }, 20);
    void sender.send(aCall());
    await expect(sender.close()).resolves.toBeUndefined();
  });
});
