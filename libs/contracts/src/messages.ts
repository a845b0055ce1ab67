import { z } from 'zod';
import { page, pageQuery, resourceName, routingKey, timestamp } from './fields.js';
import { problemSchema } from './problem.js';
import { operation } from './operation.js';

const tag = 'Messages';
const authErrors = ['auth_required', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'data_token_invalid', 'permission_missing'] as const;
const storeErrors = ['store_unavailable', 'outcome_unknown', 'gateway_overloaded'] as const;
const publishErrors = [
  ...authErrors, ...storeErrors, 'store_full', 'name_invalid', 'request_body_too_large', 'request_malformed_json', 'request_invalid',
  'request_header_invalid', 'pattern_too_long', 'batch_invalid', 'batch_too_large',
] as const;

export const batchContentType = 'application/vnd.waybill.batch+json';
/** Messages in one publish batch. */
export const batchLimit = 1000;
/** Messages in one receive, receipts in one settle. */
export const receiveLimit = 100;

const exchangePath = z.object({ exchange: resourceName });
const queuePath = z.object({ queue: resourceName });

export const publishHeaders = z.object({
  'waybill-key': routingKey.optional().meta({ description: 'Routing key' }),
  'waybill-priority': z.coerce.number().int().min(0).max(9).optional(),
  'waybill-group': z.string().max(128).optional(),
  'waybill-dedup-id': z.string().max(128).optional(),
  'waybill-reply-to': z.string().max(255).optional(),
  'waybill-correlation-id': z.string().max(255).optional(),
  traceparent: z.string().max(128).optional().meta({ description: 'W3C trace context, carried with the message' }),
});

/** One message of a batch. */
export const batchMessage = z
  .object({
    body: z.string().meta({ description: 'Text, or base64 with bodyEncoding "base64"' }),
    bodyEncoding: z.enum(['utf8', 'base64']).default('utf8'),
    contentType: z.string().max(255).default('application/octet-stream'),
    key: routingKey.optional(),
    priority: z.int().min(0).max(9).optional(),
    group: z.string().max(128).optional(),
    dedupId: z.string().max(128).optional(),
    replyTo: z.string().max(255).optional(),
    correlationId: z.string().max(255).optional(),
    traceparent: z.string().max(128).optional(),
    headers: z.record(z.string().min(1).max(128), z.string().max(4096)).optional(),
  })
  .strict()
  .meta({ id: 'BatchMessage' });
export type BatchMessage = z.input<typeof batchMessage>;

export const publishReceipt = z
  .object({
    id: z.string().meta({ description: 'Message id', example: 'msg_0g3zk8t2m1q' }),
    exchanges: z.array(z.string()).meta({ description: 'Exchanges the message passed, in order' }),
    queues: z.array(z.string()).meta({ description: 'Queues that stored it; empty when nothing matched' }),
    units: z
      .object({ messages: z.int(), kibIn: z.int(), exchangePasses: z.int(), queuePasses: z.int() })
      .meta({ description: 'What this publish was metered as' }),
  })
  .meta({ id: 'PublishReceipt' });
export type PublishReceipt = z.output<typeof publishReceipt>;

export const publishReply = z.union([publishReceipt, z.object({ messages: z.array(publishReceipt) }).meta({ id: 'BatchReceipt' })]);

const publishText =
  'The body is stored as it comes, whatever its content type; properties travel in `waybill-*` headers and your own headers as `waybill-h-<name>`. ' +
  `With content type \`${batchContentType}\` the body is \`{"messages": [...]}\` (up to ${batchLimit}), stored all or none, and the answer has one receipt per message. ` +
  'The answer is sent after the message is on disk.';

export const publish = operation({
  id: 'publish', tag, method: 'POST', path: '/v1/exchanges/{exchange}/messages', permission: 'messages:publish', status: 201,
  summary: 'Publish to an exchange', description: publishText, params: exchangePath, headers: publishHeaders, body: 'bytes', reply: publishReply,
  errors: [...publishErrors, 'exchange_not_found'],
});
export const publishToQueue = operation({
  id: 'publishToQueue', tag, method: 'POST', path: '/v1/queues/{queue}/messages', permission: 'messages:publish', status: 201,
  summary: 'Publish straight to a queue', description: publishText, params: queuePath, headers: publishHeaders, body: 'bytes', reply: publishReply,
  errors: [...publishErrors, 'queue_not_found'],
});

export const receivedMessage = z
  .object({
    id: z.string(),
    receipt: z.string().meta({ description: 'Names this lease; settle with it' }),
    deliveryCount: z.int().meta({ description: '1 on the first delivery' }),
    leaseUntil: timestamp,
    publishedAt: timestamp,
    exchange: z.string().nullable().meta({ description: 'null when it was published straight to the queue' }),
    key: z.string(),
    contentType: z.string(),
    priority: z.int(),
    headers: z.record(z.string(), z.string()),
    group: z.string().optional(),
    dedupId: z.string().optional(),
    replyTo: z.string().optional(),
    correlationId: z.string().optional(),
    traceparent: z.string().optional(),
    body: z.string(),
    bodyEncoding: z.enum(['utf8', 'base64']).meta({ description: 'utf8 for textual content types that are valid UTF-8, base64 otherwise' }),
  })
  .meta({ id: 'ReceivedMessage' });
export type ReceivedMessage = z.output<typeof receivedMessage>;

const queueErrors = [...authErrors, ...storeErrors, 'name_invalid', 'queue_not_found', 'request_malformed_json', 'request_invalid'] as const;

export const receive = operation({
  id: 'receive', tag, method: 'POST', path: '/v1/queues/{queue}/receive', permission: 'messages:consume', status: 200,
  summary: 'Lease messages, waiting for them if there are none', params: queuePath,
  body: z
    .object({
      max: z.int().min(1).max(receiveLimit).default(1),
      waitSeconds: z.number().min(0).max(60).default(0).meta({ description: 'Long poll: answer as soon as a message is there' }),
      leaseSeconds: z.int().min(0).max(86_400).optional().meta({ description: "Default: the queue's" }),
    })
    .strict(),
  reply: z.object({ messages: z.array(receivedMessage) }), errors: [...queueErrors],
});

const receiptField = z.string().min(1).max(128);
export const settleOutcomes = ['accepted', 'released', 'rejected', 'dead_lettered', 'extended', 'already_settled', 'failed'] as const;

export const settle = operation({
  id: 'settle', tag, method: 'POST', path: '/v1/queues/{queue}/settle', permission: 'messages:consume', status: 200,
  summary: 'Accept, release, reject or extend leases; one result per receipt', params: queuePath,
  description: 'A receipt that cannot be settled has the outcome "failed" and a problem of its own; the others are carried out. Repeating a settlement answers "already_settled". A release at the delivery limit answers "dead_lettered".',
  body: z
    .object({
      accept: z.array(receiptField).max(receiveLimit).default([]).meta({ description: 'Done: the message is removed' }),
      release: z
        .array(z.object({ receipt: receiptField, delaySeconds: z.int().min(0).max(86_400).default(0) }).strict())
        .max(receiveLimit).default([]).meta({ description: 'Back to its place in the queue, at once or after a delay' }),
      reject: z
        .array(z.object({ receipt: receiptField, reason: z.string().max(200).default('rejected') }).strict())
        .max(receiveLimit).default([]).meta({ description: 'To the dead letters' }),
      extend: z
        .array(z.object({ receipt: receiptField, leaseSeconds: z.int().min(1).max(86_400) }).strict())
        .max(receiveLimit).default([]).meta({ description: 'A new lease that runs from now' }),
    })
    .strict(),
  reply: z.object({
    results: z.array(
      z.object({ receipt: z.string(), outcome: z.enum(settleOutcomes), leaseUntil: timestamp.optional(), problem: problemSchema.optional() }).meta({ id: 'SettleResult' }),
    ),
  }),
  errors: [...queueErrors, 'receipt_invalid', 'receipt_wrong_queue', 'lease_lost'],
});

export const purge = operation({
  id: 'purge', tag, method: 'POST', path: '/v1/queues/{queue}/purge', permission: 'queues:purge', status: 200,
  summary: 'Remove the ready messages, or the dead letters; leased messages stay with their holders', params: queuePath,
  body: z.object({ state: z.enum(['ready', 'dead']).default('ready') }).strict(),
  reply: z.object({ purged: z.int() }), errors: [...queueErrors],
});

export const queueFigures = z
  .object({
    name: z.string(),
    ready: z.int(), leased: z.int(), delayed: z.int().meta({ description: 'Released with a delay that still runs' }), dead: z.int(),
    oldestReadyAgeMs: z.int().nullable().meta({ description: 'Age of the oldest ready message; null when there is none' }),
    enqueuedTotal: z.int().meta({ description: 'Messages ever stored; the difference of two readings is the rate in' }),
    removedTotal: z.int().meta({ description: 'Messages that ever left (settled, dead, purged); likewise the rate out' }),
  })
  .meta({ id: 'QueueFigures' });
export type QueueFigures = z.output<typeof queueFigures>;

export const getQueueFigures = operation({
  id: 'getQueueFigures', tag: 'Figures', method: 'GET', path: '/v1/queues/{queue}', permission: 'queues:read', status: 200,
  summary: 'Depths and age of one queue', params: queuePath, reply: queueFigures,
  errors: [...authErrors, 'store_unavailable', 'name_invalid', 'queue_not_found'],
});
export const listQueueFigures = operation({
  id: 'listQueueFigures', tag: 'Figures', method: 'GET', path: '/v1/queues', permission: 'queues:read', status: 200,
  summary: 'Depths and ages of all queues by name', query: pageQuery,
  reply: page(queueFigures).extend({ at: timestamp }), errors: [...authErrors, 'store_unavailable', 'request_invalid'],
});
