import type { Readable } from 'node:stream';
import type { Explanation, OutgoingMessage, PublishedMessage, PublishOptions } from '@waybill/broker';
import { batchLimit, ndjsonContentType } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { batchOf, cborBatchOf } from './batch-input.js';
import type { Batch } from './batch-input.js';
import { eventBatch, structuredEvent, withBinaryEvent } from './cloud-event.js';
import { requestDigest } from './idempotent-calls.js';
import { headOf } from './message-head.js';
import type { MessageHead } from './message-head.js';
import type { MessageRules } from './message-input.js';
import { store, storedIn } from './publish-door.js';
import type { PublishCall, PublishDoor } from './publish-door.js';
import { linesOf } from './publish-lines.js';
import { explainedReceiptJson, receiptJson, resultJson } from './publish-reply.js';
import type { MarkedBody } from './request-body.js';
import { allowSlowBody } from './slow-bodies.js';

/** Text of a 201, or a stream of lines. */
export type Answer = string | { readonly stream: Readable; readonly contentType: string };

/** Everything that is not one plain message: batches, streams, CloudEvents, large bodies, explained or idempotent publishes. */
export async function publishOther(door: PublishDoor, call: PublishCall, request: FastifyRequest, reply: FastifyReply, body: Buffer | MarkedBody, known?: MessageHead): Promise<Answer> {
  const kind = Buffer.isBuffer(body) ? 'plain' : body.kind;
  if (kind === 'batch' || kind === 'cbor-batch' || kind === 'lines') refuseProperties(request);
  const head = known ?? headOf(request.raw, call.exchange, door.clock.nowMs());
  const { explain, dedup } = queryOf(request);
  if (explain && kind !== 'plain' && kind !== 'event' && kind !== 'large') refuseQuery('explain', 'only a single message can be explained');
  const publishing = new Publishing(door, call, request, reply, head);
  if (Buffer.isBuffer(body)) return publishing.single(singleOf(head, request, body, dedup), body, explain);
  switch (body.kind) {
    case 'batch':
      return publishing.many(batchOf(body.bytes, publishing.rules), body.bytes);
    case 'cbor-batch':
      return publishing.many(cborBatchOf(body.bytes, publishing.rules), body.bytes);
    case 'event':
      return publishing.single(structuredEvent(head, body.bytes, { dedup }), body.bytes, explain);
    case 'event-batch': {
      const messages = eventBatch(head, body.bytes, { dedup }, { messages: batchLimit, bodyBytes: door.inlineLimitBytes });
      return publishing.many({ mode: 'all', messages }, body.bytes);
    }
    case 'refused':
      throw body.error;
    case 'lines':
      if (head.idempotencyKey !== undefined) throw new WaybillError('request_header_invalid', { header: 'idempotency-key', reason: 'a stream of lines has none; give the messages dedup ids' });
      return { stream: await linesOf(door, call, request, reply, body.stream), contentType: ndjsonContentType };
    case 'large':
      allowSlowBody(request.raw);
      return publishing.large(body, (empty) => singleOf(head, request, empty, dedup), explain);
  }
}

function singleOf(head: MessageHead, request: FastifyRequest, body: Buffer, dedup: boolean): OutgoingMessage {
  if (dedup && !head.cloudEvent) refuseQuery('dedup', 'only a CloudEvent has an id of its own; send waybill-dedup-id');
  const { properties } = head.cloudEvent ? withBinaryEvent(head, request.raw.headers, { dedup }) : head;
  return { properties, body, delayMs: head.times?.delayMs, ttlMs: head.times?.ttlMs };
}

/** One publish of one request, answered with receipts. */
class Publishing {
  #published = false;

  constructor(
    private readonly door: PublishDoor,
    private readonly call: PublishCall,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly head: MessageHead,
  ) {}

  single(message: OutgoingMessage, body: Buffer | string, explain: boolean): Promise<string> {
    return this.#run([message], body, {}, ([published]) => {
      if (published === undefined) return '';
      return explain ? explainedReceiptJson(published, this.#explain(message, published), this.#prices) : receiptJson(published, this.#prices);
    });
  }

  /** Of the messages of a batch. */
  get rules(): MessageRules {
    const { door, call } = this;
    return { exchange: call.exchange, bodyLimitBytes: door.inlineLimitBytes, nowMs: door.clock.nowMs() };
  }

  many({ mode, messages }: Batch, bytes: Buffer): Promise<string> {
    const sound = messages.filter((message): message is OutgoingMessage => !(message instanceof WaybillError));
    const answer = (published: readonly PublishedMessage[]): string => {
      let next = 0;
      const results = messages.map((message) => resultJson(message instanceof WaybillError ? message : (published[next++] as PublishedMessage), this.request.id, this.#prices));
      return `{"messages":[${results.join(',')}]}`;
    };
    return sound.length === 0 ? Promise.resolve(answer([])) : this.#run(sound, bytes, { mode }, answer);
  }

  async large(body: Extract<MarkedBody, { kind: 'large' }>, messageOf: (body: Buffer) => OutgoingMessage, explain: boolean): Promise<string> {
    const { bodies, broker } = this.door;
    const { properties, ...rest } = messageOf(Buffer.alloc(0));
    broker.memory.check();
    const { id, bytes, sha256 } = await bodies.upload(this.call.caller.namespaceId, body);
    const message: OutgoingMessage = { ...rest, bodySha256: sha256, properties: { ...properties, storedBody: { id, bytes } } };
    try {
      const text = await this.single(message, sha256, explain);
      if (this.reply.hasHeader(replayedHeader)) await bodies.discard({ id });
      return text;
    } catch (error) {
      // Only when it is certain that no message names it; else the worker finds out.
      if (!this.#published && error instanceof WaybillError && error.code !== 'outcome_unknown') await bodies.discard({ id });
      throw error;
    }
  }

  async #run(messages: readonly OutgoingMessage[], body: Buffer | string, options: PublishOptions, answer: (published: readonly PublishedMessage[]) => string): Promise<string> {
    const { door, call, head } = this;
    const publish = async (idempotency?: PublishOptions['idempotency']): Promise<PublishedMessage[]> => {
      const published = await store(door, call, messages, { ...options, idempotency, publishedBy: call.caller.actor.id });
      const stored = storedIn(published);
      this.#published = stored > 0;
      door.onPublished(stored);
      return published;
    };
    if (head.idempotencyKey === undefined) return answer(await publish());
    const { text, replayed } = await door.idempotent.run({
      ns: call.caller.namespaceId, key: head.idempotencyKey, request: requestDigest(this.request.raw, body), publish, answer,
    });
    if (replayed) this.reply.header(replayedHeader, 'true');
    return text;
  }

  get #prices() {
    return this.door.broker.prices.of(this.call.caller.namespaceId);
  }

  /** By the topology the message was routed with, or a later one. Where a split is drawn by chance, drawn again until it fits. */
  #explain(message: OutgoingMessage, { route }: PublishedMessage): Explanation['exchanges'] {
    const { door, call } = this;
    if (call.exchange === undefined) return [];
    const { table } = door.broker.topologies.get(call.caller.namespaceId);
    const routed = { ...message.properties, body: message.properties.storedBody ? undefined : message.body };
    let explained = table.explain(call.exchange, routed);
    for (let draw = 1; draw < explainDraws && explained && !sameWay(explained.route, route); draw += 1) explained = table.explain(call.exchange, routed);
    return explained?.exchanges ?? [];
  }
}

const replayedHeader = 'idempotency-replayed';
/** A binding with a hundredth of the weight is drawn within so many with a probability of 0.99. */
const explainDraws = 500;

function sameWay(a: PublishedMessage['route'], b: PublishedMessage['route']): boolean {
  const way = ({ exchanges, queues }: typeof a) => [...exchanges, ...queues].map(({ id }) => id).join(' ');
  return way(a) === way(b);
}

/** A batch and its lines say in each message what it is; a header beside them would be lost in silence. */
function refuseProperties({ raw }: FastifyRequest): void {
  for (const name in raw.headers) {
    if (name.startsWith('waybill-') || name.startsWith('ce-')) {
      throw new WaybillError('request_header_invalid', { header: name.slice(0, 64), reason: 'with many messages, each carries its own properties' });
    }
  }
}

function refuseQuery(name: string, message: string): never {
  throw new WaybillError('request_invalid', {}, { issues: [{ path: `query.${name}`, message }] });
}

function queryOf(request: FastifyRequest): { readonly explain: boolean; readonly dedup: boolean } {
  const { explain = 'false', dedup, ...rest } = request.query as Record<string, unknown>;
  if (explain !== 'true' && explain !== 'false') refuseQuery('explain', 'must be true or false');
  if (dedup !== undefined && dedup !== 'id') refuseQuery('dedup', 'must be id');
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refuseQuery(unknown.slice(0, 64), 'is not known here');
  return { explain: explain === 'true', dedup: dedup === 'id' };
}
