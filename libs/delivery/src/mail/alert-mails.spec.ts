import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogFacts } from '@waybill/kernel';
import { Secret, silentLogger } from '@waybill/kernel';
import { eventually } from '@waybill/testing';
import type { PushAlert } from '../attempts/attempt-reader.js';
import { TestMailServer } from '../testing/mail-server.js';
import { subscriptionOf } from '../testing/push.js';
import { AlertMails, alertMail } from './alert-mails.js';
import { mailServerOf } from './mail-server.js';
import { openMailer } from './mailer.js';
import type { Mailer } from './mailer.js';

const failingSinceMs = Date.UTC(2026, 10, 20, 8, 30);
const subscription = subscriptionOf({ disableAfterMs: 120 * 3_600_000 });
const alertOf = (more: Partial<PushAlert> = {}): PushAlert => ({ subscriptionId: subscription.id, reason: 'failing', percent: 50, failingSinceMs, raisedAtMs: failingSinceMs, lastAnswer: '503', ...more });

describe('what an alert says', () => {
  it('is what fails since when, when it is disabled, and how to enable it', () => {
    const { subject, text } = alertMail(subscription, alertOf({ percent: 70 }));
    expect(subject).toBe('Waybill: subscription hook is failing');
    expect(text).toContain('Subscription hook of queue work in namespace ns_1 has had no success since 2026-11-20 08:30 UTC; the last answer was 503.');
    expect(text).toContain('until 2026-11-25 08:30 UTC, the subscription is disabled; 70 % of that time is over');
    expect(text).toContain('POST /api/v1/namespaces/ns_1/subscriptions/hook/enable');
  });

  it('is that it was disabled, at the end and when the destination is gone', () => {
    for (const alert of [alertOf({ percent: 100 }), alertOf({ percent: 100, reason: 'gone', lastAnswer: '410' })]) {
      const { subject, text } = alertMail(subscription, alert);
      expect(subject).toBe('Waybill: subscription hook was disabled');
      expect(text).toContain('POST /api/v1/namespaces/ns_1/subscriptions/hook/enable');
      expect(text).toContain(alert.reason === 'gone' ? 'the destination answered 410, it wants no more messages' : 'It was disabled.');
    }
  });
});

describe('mails of alerts', () => {
  let server: TestMailServer;
  let mailer: Mailer;
  let logged: [string, LogFacts | undefined][];
  beforeEach(async () => {
    server = await TestMailServer.open();
    mailer = openMailer(mailServerOf(new Secret(`smtp://127.0.0.1:${server.port}`)), 'Waybill <waybill@example.com>', silentLogger);
    logged = [];
  });
  afterEach(async () => {
    mailer.close();
    await server.close();
  });

  const mails = (recipients: () => Promise<string[]>, through = mailer) =>
    new AlertMails({ recipients }, through, { ...silentLogger, error: (event, facts) => void logged.push([event, facts]) });

  it('reach every owner and admin through the mail server', async () => {
    const alerts = mails(async () => ['owner@example.com', 'admin@example.com']);
    await alerts.notify(subscription, alertOf());
    await alerts.sent();
    expect(server.received.map(({ to }) => to)).toEqual([['owner@example.com'], ['admin@example.com']]);
    expect(server.last.source).toContain('Subject: Waybill: subscription hook is failing');
    expect(logged).toEqual([]);
  });

  it('that a server does not take are logged, and the others are sent', async () => {
    server.refuse = { code: 451, text: 'later' };
    const alerts = mails(async () => ['owner@example.com', 'admin@example.com']);
    await alerts.notify(subscription, alertOf());
    await alerts.sent();
    expect(logged.map(([event, facts]) => [event, facts?.['subscriptionId']])).toEqual([['subscription.notice_not_sent', 'sub_1'], ['subscription.notice_not_sent', 'sub_1']]);
  });

  it('are logged when nobody can be found', async () => {
    const alerts = mails(() => Promise.reject(new Error('no database')));
    await alerts.notify(subscription, alertOf());
    await alerts.sent();
    expect(logged.map(([event]) => event)).toEqual(['subscription.notice_not_sent']);
  });

  it('hold nobody up while a mail server hangs, and are bounded', async () => {
    const asked: ((outcome: 'sent') => void)[] = [];
    const alerts = mails(async () => ['owner@example.com'], { send: () => new Promise((resolve) => asked.push(resolve)), close: () => undefined });
    for (let n = 0; n <= 1_000; n += 1) await alerts.notify(subscription, alertOf());
    await eventually(() => expect(asked).toHaveLength(1_000));
    expect(logged.map(([event]) => event)).toEqual(['subscription.notice_not_sent']);
    for (const answer of asked) answer('sent');
    await alerts.sent();
  });
});
