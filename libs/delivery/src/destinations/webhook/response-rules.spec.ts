import { describe, expect, it } from '@jest/globals';
import { aCall, localGuard } from '../../testing/calls.js';
import { Receiver } from '../../testing/receiver.js';
import { requestIdOf, retryAfterMs, verdictOf } from './response-rules.js';
import { WebhookKind } from './webhook-kind.js';

describe('an answer', () => {
  it.each([
    [200, 'delivered', null], [201, 'delivered', null], [299, 'delivered', null], [301, 'failed', 'redirect'], [302, 'failed', 'redirect'], [307, 'failed', 'redirect'], [304, 'failed', 'redirect'],
    [400, 'failed', null], [401, 'failed', null], [404, 'failed', null], [410, 'gone', null], [429, 'slow_down', null], [500, 'failed', null], [501, 'failed', null],
    [502, 'slow_down', null], [503, 'slow_down', null], [504, 'slow_down', null], [599, 'failed', null],
  ] as const)('with %i is %s', (status, outcome, reason) => {
    expect(verdictOf(status, {}, 'webhook-abort')).toEqual({ outcome, reason });
  });

  it('with the abort header ends the attempts, unless it is a success or gone', () => {
    const headers = { 'webhook-abort': 'True' };
    for (const status of [301, 400, 500, 503]) expect(verdictOf(status, headers, 'Webhook-Abort').outcome).toBe('rejected');
    expect(verdictOf(200, headers, 'webhook-abort').outcome).toBe('delivered');
    expect(verdictOf(410, headers, 'webhook-abort').outcome).toBe('gone');
    expect(verdictOf(400, { 'webhook-abort': 'no' }, 'webhook-abort').outcome).toBe('failed');
    expect(verdictOf(400, headers, null).outcome).toBe('failed');
    expect(verdictOf(400, { 'x-stop': 'true' }, 'x-stop').outcome).toBe('rejected');
  });

  const nowMs = Date.UTC(2026, 10, 28, 12);
  it.each([
    ['120', 120_000], ['0', 0], ['999999999', 86_400_000], ['Sat, 28 Nov 2026 12:01:00 GMT', 60_000], ['Sat, 28 Nov 2026 11:00:00 GMT', 0], ['Sat, 28 Nov 2099 11:00:00 GMT', 86_400_000],
    ['-5', null], ['1.5', null], ['soon', null], ['', null],
  ])('that says Retry-After: %s is asked again after %s ms', (text, expected) => {
    expect(retryAfterMs({ 'retry-after': text }, nowMs)).toBe(expected);
  });

  it('names its request where it says so, cut and cleaned', () => {
    expect(requestIdOf({ 'x-request-id': 'r-1', 'cf-ray': 'c' })).toBe('r-1');
    expect(requestIdOf({ 'cf-ray': `${'c'.repeat(200)}` })).toHaveLength(128);
    expect(requestIdOf({ 'request-id': 'a\x00b' })).toBe('a?b');
    expect(requestIdOf({})).toBeNull();
  });

  it('of a real endpoint comes through whole: status, head, request id, delay', async () => {
    const receiver = await Receiver.open();
    const kind = new WebhookKind(localGuard());
    const sender = kind.open(kind.settings.parse({ url: receiver.url }), {});
    receiver.reply = (_request, response) => response.writeHead(503, { 'retry-after': '7', 'x-request-id': 'r-9' }).end('x'.repeat(10_000));
    const answer = await sender.send(aCall());
    expect(answer).toMatchObject({ outcome: 'slow_down', status: 503, retryAfterMs: 7_000, requestId: 'r-9', reason: null });
    expect(answer.head).toHaveLength(4_096);
    receiver.reply = (_request, response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end();
    expect(await sender.send(aCall())).toMatchObject({ outcome: 'failed', status: 302, reason: 'redirect' });
    expect(receiver.received.map(({ url }) => url)).toEqual(['/', '/']);
    await sender.close();
    await receiver.close();
  });
});
