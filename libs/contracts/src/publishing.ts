import { z } from 'zod';
import { publishErrors, queueErrors } from './data-errors.js';
import { byteString, resourceName, routingKey, timestamp } from './fields.js';
import { operation } from './operation.js';
import { problemSchema } from './problem.js';

const tag = 'Publish';

export const batchContentType = 'application/vnd.waybill.batch+json';
export const cborBatchContentType = 'application/vnd.waybill.batch+cbor';
export const cborContentType = 'application/cbor';
export const ndjsonContentType = 'application/x-ndjson';
export const cloudEventContentType = 'application/cloudevents+json';
export const cloudEventBatchContentType = 'application/cloudevents-batch+json';
/** Messages in one publish batch. */
export const batchLimit = 1000;
/** How far ahead a message may wait, and how long it may live. */
export const delayLimitSeconds = 366 * 86_400;
/** Queue names that start so are reply addresses. */
export const replyAddressPrefix = 'reply.';

const exchangePath = z.object({ exchange: resourceName });
export const queuePath = z.object({ queue: resourceName });
const seconds = z.coerce.number().min(0).max(delayLimitSeconds);

export const publishHeaders = z.object({
  'waybill-key': routingKey.optional().meta({ description: 'Routing key' }),
  'waybill-priority': z.coerce.number().int().min(0).max(9).optional().meta({ description: 'Strict in priority queues; carried everywhere' }),
  'waybill-delay': seconds.optional().meta({ description: 'Seconds until the message may be received; at most a year. Not together with waybill-not-before' }),
  'waybill-not-before': timestamp.optional().meta({ description: 'The same as a moment' }),
  'waybill-ttl': seconds.optional().meta({ description: 'Seconds until the message expires to the dead letters. Not together with waybill-expires-at' }),
  'waybill-expires-at': timestamp.optional().meta({ description: 'The same as a moment' }),
  'waybill-group': z.string().max(128).optional().meta({ description: 'fifo: messages of a group stay in order; fair queues: groups take turns' }),
  'waybill-dedup-id': z.string().max(128).optional().meta({ description: 'Stored once per queue within its dedup window' }),
  'waybill-reply-to': z.string().max(255).optional(),
  'waybill-correlation-id': z.string().max(255).optional(),
  'idempotency-key': z.string().max(128).optional().meta({ description: 'The same request with the same key is carried out once within a day; the first answer is given again' }),
  traceparent: z.string().max(128).optional().meta({ description: 'W3C trace context, carried with the message' }),
});

export const messageInput = z
  .object({
    body: z.string().meta({ description: 'Text, or base64 with bodyEncoding "base64"' }),
    bodyEncoding: z.enum(['utf8', 'base64']).default('utf8'),
    contentType: z.string().max(255).default('application/octet-stream'),
    key: routingKey.optional(),
    priority: z.int().min(0).max(9).optional(),
    delaySeconds: z.number().min(0).max(delayLimitSeconds).optional(),
    notBefore: timestamp.optional(),
    ttlSeconds: z.number().min(0).max(delayLimitSeconds).optional(),
    expiresAt: timestamp.optional(),
    group: z.string().max(128).optional(),
    dedupId: z.string().max(128).optional(),
    replyTo: z.string().max(255).optional(),
    correlationId: z.string().max(255).optional(),
    traceparent: z.string().max(128).optional(),
    headers: z.record(z.string().min(1).max(128), z.string().max(4096)).optional(),
  })
  .strict()
  .meta({ id: 'MessageInput', description: 'One message of a batch, of a stream of lines, of a schedule.' });
export type MessageInput = z.input<typeof messageInput>;
export const cborMessageInput = messageInput
  .extend({ body: z.union([byteString, z.string()]).meta({ description: 'Bytes, which have no bodyEncoding, or text as in JSON' }) })
  .meta({ id: 'CborMessageInput', description: 'One message of a batch in CBOR.' });

export const refusedQueue = z
  .object({ queue: z.string(), code: z.literal('queue_full'), limit: z.enum(['maxMessages', 'maxBytes']) })
  .meta({ id: 'RefusedQueue' });

const bindingExplained = z
  .object({
    bindingId: z.string(), destination: z.union([z.object({ queue: z.string() }), z.object({ exchange: z.string() })]),
    matched: z.boolean(), reason: z.string().meta({ description: 'Why, in plain English' }),
  })
  .meta({ id: 'BindingExplained' });
export const explanation = z
  .array(z.object({ exchange: z.string(), kind: z.string(), bindings: z.array(bindingExplained), leftOut: z.int().meta({ description: 'Bindings not shown' }) }))
  .meta({ id: 'RoutingExplanation' });

export const publishReceipt = z
  .object({
    id: z.string().meta({ description: 'Message id; the id of the original when every queue knew the message already', example: 'msg_0g3zk8t2m1q' }),
    exchanges: z.array(z.string()).meta({ description: 'Exchanges the message passed, in order' }),
    queues: z.array(z.string()).meta({ description: 'Queues that stored it; empty when nothing matched' }),
    refused: z.array(refusedQueue).optional().meta({ description: 'Queues that did not take it, and why' }),
    duplicates: z
      .array(z.object({ queue: z.string(), originalId: z.string() }).meta({ id: 'DuplicateQueue' })).optional()
      .meta({ description: 'Queues that had stored it before, within their dedup window' }),
    units: z
      .object({ messages: z.int(), kibIn: z.int(), exchangePasses: z.int(), queuePasses: z.int() })
      .meta({ description: 'What this publish was metered as' }),
    price: z
      .object({ amount: z.string().meta({ description: 'Decimal number, exact', example: '0.0000007' }), currency: z.string().meta({ example: 'USD' }) })
      .optional().meta({ description: 'Price of these units at the price book of the tenant, before free tiers; absent while none is published for the namespace' }),
    explanation: explanation.optional(),
  })
  .meta({ id: 'PublishReceipt' });
export type PublishReceipt = z.output<typeof publishReceipt>;

export const failedReceipt = z.object({ problem: problemSchema }).meta({ id: 'FailedReceipt' });
export type FailedReceipt = z.output<typeof failedReceipt>;
export const publishReply = z.union([
  publishReceipt,
  z.object({ messages: z.array(z.union([publishReceipt, failedReceipt])) }).meta({ id: 'BatchReceipt' }),
]);

const publishText =
  'The body is stored as it comes, whatever its content type; properties travel in `waybill-*` headers and your own headers as `waybill-h-<name>`. ' +
  `With content type \`${batchContentType}\` the body is \`{"messages": [...], "mode": "all" | "each"}\` (up to ${batchLimit}): \`all\` (default) stores all or none, \`each\` stores what it can and the answer has a receipt or a problem per message. ` +
  `\`${cborBatchContentType}\` is the same in CBOR (RFC 8949), where a \`body\` may be a byte string; the answer is JSON. ` +
  `With \`${ndjsonContentType}\` the body is a stream of messages, one JSON object per line, of any length; the answer is a stream with one receipt or problem per line, in order. ` +
  `CloudEvents 1.0 are taken in binary mode (\`ce-*\` headers), structured (\`${cloudEventContentType}\`) and batched (\`${cloudEventBatchContentType}\`); their \`type\` is the routing key unless one is given. ` +
  'A body above the inline limit is stored outside the message store, with the same call. The answer is sent after the message is on disk.';

const publishQuery = z.object({
  explain: z.enum(['true', 'false']).default('false').meta({ description: 'Adds to the receipt why each binding matched or did not (single messages only)' }),
  dedup: z.enum(['id']).optional().meta({ description: 'CloudEvents only: source and id of the event, which name it, are its dedup id' }),
});

export const publish = operation({
  id: 'publish', tag, method: 'POST', path: '/v1/exchanges/{exchange}/messages', permission: 'messages:publish', status: 201,
  summary: 'Publish to an exchange', description: publishText, params: exchangePath, query: publishQuery, headers: publishHeaders, body: 'bytes', reply: publishReply,
  errors: [...publishErrors, 'request_malformed_cbor', 'exchange_not_found'],
});
export const publishToQueue = operation({
  id: 'publishToQueue', tag, method: 'POST', path: '/v1/queues/{queue}/messages', permission: 'messages:publish', status: 201,
  summary: 'Publish straight to a queue', description: publishText, params: queuePath, query: publishQuery, headers: publishHeaders, body: 'bytes', reply: publishReply,
  errors: [...publishErrors, 'request_malformed_cbor', 'queue_not_found', 'reply_gone'],
});

export const request = operation({
  id: 'request', tag, method: 'POST', path: '/v1/exchanges/{exchange}/request', permission: 'messages:publish', status: 200,
  summary: 'Publish and wait for the reply',
  description:
    `The message is published with a \`replyTo\` of its own (\`${replyAddressPrefix}<token>\`) and a correlation id. Whoever handles it publishes the answer to the queue named by \`replyTo\`. ` +
    'The answer of this call is that message: its body and content type, its properties in `waybill-*` headers.',
  params: exchangePath, query: z.object({ timeoutSeconds: z.coerce.number().min(0.1).max(60).default(30) }), headers: publishHeaders, body: 'bytes', reply: z.any(),
  errors: [...publishErrors, 'exchange_not_found', 'request_timed_out', 'request_unroutable'],
});

/** Where a message goes that is published by a settlement or a schedule. */
export const publishTarget = z.union([z.object({ exchange: resourceName }).strict(), z.object({ queue: resourceName }).strict()]);

export const acceptAndPublish = operation({
  id: 'acceptAndPublish', tag: 'Consume', method: 'POST', path: '/v1/queues/{queue}/accept-and-publish', permission: 'messages:consume', status: 200,
  summary: 'Accept one message and publish others, in one step',
  description: 'Either the lease ends and every message is stored, or nothing happens. Needs the permission messages:publish as well.',
  params: queuePath,
  body: z
    .object({ receipt: z.string().min(1).max(128), publish: z.array(z.object({ to: publishTarget, message: messageInput }).strict()).min(1).max(100) })
    .strict(),
  reply: z.object({ outcome: z.literal('accepted'), messages: z.array(publishReceipt) }),
  errors: [...queueErrors, ...publishErrors, 'exchange_not_found', 'receipt_invalid', 'receipt_wrong_queue', 'lease_lost'],
});
