import type { Call, OutgoingMessage } from '../destination.js';
import { EgressGuard } from '../egress/guard.js';
import { EgressPolicy } from '../egress/policy.js';
import { NameServers } from '../egress/resolver.js';
import type { HostResolver } from '../egress/resolver.js';

export const aMessage = (given: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  id: 'msg_0000000001a', key: 'order.created', contentType: 'application/json', headers: {}, exchange: 'shop', group: undefined, correlationId: undefined,
  traceparent: undefined, publishedAtMs: Date.UTC(2026, 10, 28, 12), body: Buffer.from('{"order":1,"total":9.90}'), ...given,
});

export const aCall = (given: Partial<Call> = {}): Call => ({
  messages: [aMessage()], attempt: 1, nowMs: Date.now(), timeoutMs: 10_000, signal: new AbortController().signal, ...given,
});

/** A guard that lets loopback through, as a private installation would: servers of tests live there. */
export function localGuard(resolver: HostResolver = new NameServers(), roots: readonly string[] = []): EgressGuard {
  return new EgressGuard(new EgressPolicy({ allow: ['127.0.0.0/8', '::1/128'], ports: ['1024-65535'] }), resolver, roots);
}
