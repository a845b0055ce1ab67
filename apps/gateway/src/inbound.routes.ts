import { createHash } from 'node:crypto';
import { emptyHeaders } from '@waybill/broker';
import type { OutgoingMessage } from '@waybill/broker';
import { receiveWebhook } from '@waybill/contracts';
import type { OpenSource, RefusalReason, RefusedCalls, SourceDirectory, VerifiedCall } from '@waybill/delivery';
import { WaybillError } from '@waybill/kernel';
import type { Clock } from '@waybill/kernel';
import { measured, routePath } from '@waybill/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DataCaller } from './authenticate.js';
import type { BrokerWiring } from './broker-wiring.js';
import { ownHeaderLimits } from './message-input.js';
import { store } from './publish-door.js';
import type { RateLimits } from './rate-limits.js';

export interface InboundDoor {
  readonly broker: Pick<BrokerWiring, 'active' | 'memory' | 'prices' | 'publisher'>;
  readonly sources: SourceDirectory;
  readonly refused: Pick<RefusedCalls, 'admit' | 'note'>;
  /** Absent: no limit is set. */
  readonly rates: RateLimits | undefined;
  readonly clock: Clock;
  readonly bodyLimitBytes: number;
  readonly onPublished: (messages: number) => void;
}

const noBody = Buffer.alloc(0);
const contentTypeChars = 255;
const binary = 'application/octet-stream';

/** The door for webhooks of others. Its bodies stay bytes whatever their content type: the signature is over bytes. */
export function inboundRoutes(door: InboundDoor) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: door.bodyLimitBytes }, (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body));
    // Before the body is read: who was refused too often costs no more than this.
    scope.addHook<{ Params: { source: string } }>('onRequest', (request, _reply, next) => {
      door.refused.admit(request.params.source, request.ip);
      next();
    });
    scope.post<{ Params: { source: string } }>(routePath(receiveWebhook.path), { bodyLimit: door.bodyLimitBytes, config: { ...measured, operation: receiveWebhook.id } }, async (request, reply: FastifyReply) => {
      const body = (request.body as Buffer | undefined) ?? noBody;
      const open = await door.sources.find(request.params.source);
      const { eventId } = verified(door, open, request, body);
      // Only who may enter is told that the door is shut.
      if (open.source.paused) throw new WaybillError('source_paused');
      await door.rates?.take(open.caller as DataCaller, 1);
      const message = messageOf(open, request, body, eventId);
      const [published] = await store({ broker: door.broker, rates: undefined }, { caller: open.caller as DataCaller, target: { exchange: open.source.exchange }, exchange: open.source.exchange }, [message], { publishedBy: open.source.id });
      if (published === undefined || published.outcome === 'refused') throw new WaybillError('queue_full', { queue: published?.refused[0]?.queue.name ?? '', retryAfterSeconds: 5 });
      if (published.outcome === 'stored') door.onPublished(1);
      return reply.code(receiveWebhook.status).send({ id: published.duplicates[0]?.originalId ?? published.id });
    });
  };
}

/** Fails with `signature_invalid`, which is counted. */
function verified({ refused, clock }: InboundDoor, { source, verify }: OpenSource, request: FastifyRequest, body: Buffer): VerifiedCall {
  try {
    return verify(request.headers, body, clock.nowMs());
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'signature_invalid') refused.note(source.id, request.ip, error.params['reason'] as RefusalReason);
    throw error;
  }
}

function messageOf({ source, keyOf }: OpenSource, request: FastifyRequest, body: Buffer, eventId: string | undefined): OutgoingMessage {
  const { headers } = request;
  let json: { value: unknown } | undefined;
  const contentType = (headers['content-type'] ?? binary).slice(0, contentTypeChars);
  return {
    properties: {
      key: keyOf({ headers, json: () => (json ??= { value: jsonOf(body) }).value }), contentType: textOf(contentType), exchange: source.exchange, priority: 0,
      headers: keptHeaders(source.keepHeaders, request), group: undefined, replyTo: undefined, correlationId: undefined, traceparent: undefined, expiresAtMs: undefined,
      // Ids of providers are long or short and not ours: two sources that use the same one do not meet.
      dedupId: eventId === undefined ? undefined : createHash('sha256').update(`${source.id}\n${eventId}`).digest('base64url'),
    },
    body,
  };
}

function keptHeaders(names: readonly string[], { headers }: FastifyRequest): Readonly<Record<string, string>> {
  if (names.length === 0) return emptyHeaders;
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && Buffer.byteLength(value) <= ownHeaderLimits.valueBytes) kept[name] = textOf(value);
  }
  return kept;
}

/** Header values come as Latin-1; what is no text in UTF-8 is kept as those letters. */
function textOf(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return (text.includes('\ufffd') ? value : text).replace(/\p{Cc}/gu, ' ');
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
