import { z } from 'zod';
import { queueErrors } from './data-errors.js';
import { byteString, timestamp } from './fields.js';
import { operation } from './operation.js';
import { problemSchema } from './problem.js';
import { queuePath } from './publishing.js';

const tag = 'Consume';
/** Messages in one receive, receipts in one settle. */
export const receiveLimit = 100;

export const consumerName = z.string().min(1).max(128).regex(/^[\x21-\x7e]+$/).meta({ description: 'Name of this consumer, the same in every call; shown as the holder of its leases', example: 'billing-7f2c' });
export const deferKey = z.string().min(1).max(128).meta({ description: 'Names a deferred message; unique in the queue' });

export const death = z
  .object({ reason: z.string(), queue: z.string(), at: timestamp, deliveries: z.int() })
  .meta({ id: 'Death', description: 'Why, where and when the message became a dead letter' });

const messageShape = {
  id: z.string(),
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
  expiresAt: timestamp.optional(),
  death: death.optional(),
};
export const messageView = z.object(messageShape);

export const receivedMessage = z
  .object({
    receipt: z.string().meta({ description: 'Names this lease; settle with it' }),
    deliveryCount: z.int().meta({ description: '1 on the first delivery' }),
    leaseUntil: timestamp,
    ...messageShape,
    body: z.string(),
    bodyEncoding: z.enum(['utf8', 'base64']).meta({ description: 'utf8 for textual content types that are valid UTF-8, base64 otherwise' }),
  })
  .meta({ id: 'ReceivedMessage' });
export type ReceivedMessage = z.output<typeof receivedMessage>;
const cborMessage = receivedMessage.omit({ bodyEncoding: true }).extend({ body: byteString }).meta({ id: 'CborReceivedMessage' });

const leaseSeconds = z.int().min(0).max(86_400);

const receiptField = z.string().min(1).max(128);
export const settleOutcomes = ['accepted', 'released', 'rejected', 'dead_lettered', 'deferred', 'extended', 'already_settled', 'failed'] as const;

export const settleResult = z
  .object({ receipt: z.string(), outcome: z.enum(settleOutcomes), leaseUntil: timestamp.optional(), problem: problemSchema.optional() })
  .meta({ id: 'SettleResult' });

export const receive = operation({
  id: 'receive', tag, method: 'POST', path: '/v1/queues/{queue}/receive', permission: 'messages:consume', status: 200,
  summary: 'Lease messages, waiting for them if there are none', params: queuePath, cbor: { messages: z.array(cborMessage) },
  body: z
    .object({
      max: z.int().min(1).max(receiveLimit).default(1),
      waitSeconds: z.number().min(0).max(60).default(0).meta({ description: 'Long poll: answer as soon as a message is there' }),
      leaseSeconds: leaseSeconds.optional().meta({ description: "Default: the queue's. 0: the lease is over at once and the message comes back, counted" }),
      autoAccept: z.boolean().default(false).meta({ description: 'Accept when handed out, without a settle: at most once, lost if the answer is lost' }),
      consumer: consumerName.optional(),
      accept: z.array(receiptField).max(receiveLimit).default([])
        .meta({ description: 'Receipts of messages that are done, accepted in the same step before anything is leased: one call a round instead of a receive and a settle. Carried out even when nothing may be received' }),
      deferred: z.array(deferKey).min(1).max(receiveLimit).optional().meta({ description: 'Lease the messages deferred under these keys instead; keys without a message are left out' }),
    })
    .strict(),
  reply: z.object({
    messages: z.array(receivedMessage), paused: z.boolean().optional().meta({ description: 'true when the queue hands nothing out now' }),
    accepted: z.int().optional().meta({ description: 'With `accept`: how many of the receipts are accepted, now or before' }),
    notAccepted: z.array(settleResult).optional().meta({ description: 'The others, with the outcome "failed" and a problem each; absent when there are none' }),
  }),
  errors: [...queueErrors, 'receipt_invalid', 'receipt_wrong_queue', 'lease_lost', 'consumer_required', 'body_store_unavailable', 'payment_overdue'],
});

const many = <T extends z.ZodType>(item: T) => z.array(item).max(receiveLimit).default([] as never);

export const settleBody = z
  .object({
    accept: many(receiptField).meta({ description: 'Done: the message is removed' }),
    release: many(z.object({ receipt: receiptField, delaySeconds: z.number().min(0).max(86_400 * 366).optional().meta({ description: "Default: the queue's retry policy, else 0" }) }).strict())
      .meta({ description: 'Back to its place in the queue, at once or after a delay' }),
    reject: many(z.object({ receipt: receiptField, reason: z.string().max(200).default('rejected') }).strict()).meta({ description: 'To the dead letters' }),
    extend: many(z.object({ receipt: receiptField, leaseSeconds: z.int().min(1).max(86_400) }).strict()).meta({ description: 'A new lease that runs from now' }),
    defer: many(z.object({ receipt: receiptField, key: deferKey, returnAfterSeconds: z.int().min(1).max(86_400 * 366).default(86_400 * 14) }).strict())
      .meta({ description: 'Set aside under a key until it is received by it, or goes back to the queue by itself' }),
  })
  .strict();

export const settle = operation({
  id: 'settle', tag, method: 'POST', path: '/v1/queues/{queue}/settle', permission: 'messages:consume', status: 200,
  summary: 'Accept, release, reject, defer or extend leases; one result per receipt', params: queuePath, cbor: {},
  description: 'A receipt that cannot be settled has the outcome "failed" and a problem of its own; the others are carried out. Repeating a settlement answers "already_settled". A release at the delivery limit answers "dead_lettered".',
  body: settleBody, reply: z.object({ results: z.array(settleResult) }),
  errors: [...queueErrors, 'receipt_invalid', 'receipt_wrong_queue', 'lease_lost', 'deferred_key_taken'],
});

/** Reads the query of a stream. `access_token` is taken by the door and by nobody else. */
export const streamQueue = operation({
  id: 'streamQueue', tag, method: 'GET', path: '/v1/queues/{queue}/stream', permission: 'messages:consume', status: 200,
  summary: 'A stream of messages: server-sent events, or a WebSocket after an upgrade',
  description:
    'At most `credit` messages are leased through the stream and not settled at a time. Server-sent events (`event: message`, `data` is the message): settle by the settle call, through any gateway. ' +
    'WebSocket (the same address with an upgrade): credit and settlements are frames on the socket. What is not settled when the stream ends goes back to the queue at once. ' +
    'The AsyncAPI document at /v1/asyncapi.json describes events and frames.',
  params: queuePath,
  query: z.object({
    credit: z.coerce.number().int().min(1).max(1000).default(10).meta({ description: 'Most messages leased and not settled at a time' }),
    leaseSeconds: z.coerce.number().int().min(1).max(86_400).optional().meta({ description: "Default: the queue's" }),
    consumer: consumerName.optional(),
    access_token: z.string().max(2048).optional().meta({ description: "The console's short-lived token, for browsers, which cannot send the Authorization header here. API keys are not taken in the address" }),
  }),
  reply: z.string().meta({ description: 'Events: `message`, `paused`, `problem`; comments in between show that the stream lives' }), replyType: 'text/event-stream',
  errors: [...queueErrors, 'consumer_required', 'stream_protocol_error', 'limit_reached', 'payment_overdue'],
});

export const getAsyncApiDocument = operation({
  id: 'getAsyncApiDocument', tag: 'Document', method: 'GET', path: '/v1/asyncapi.json', permission: 'public', status: 200,
  summary: 'The AsyncAPI 3.0 document of the streams', reply: z.record(z.string(), z.unknown()), errors: [],
});
