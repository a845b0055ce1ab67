import { z } from 'zod';
import { readErrors, writeErrors } from './call-errors.js';
import { namespaceParams, page, resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';
import { subscriptionParams } from './subscriptions.js';

const tag = 'Attempts';
const write = [...writeErrors, 'outcome_unknown'] as const;
const base = '/api/v1/namespaces/{namespace}';
const one = `${base}/subscriptions/{subscription}`;

export const outcomes = ['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused'] as const;
export const attemptSchema = z
  .object({
    id: z.string(), subscriptionId: z.string(), subscription: resourceName.nullable().meta({ description: 'null when it was deleted' }),
    message: z.string().meta({ description: 'Id of the message, the same at every attempt' }),
    attempt: z.int().meta({ description: '1 for the first' }),
    at: timestamp, durationMs: z.int(),
    outcome: z.enum(outcomes).meta({ description: 'delivered; failed and slow_down: tried again; rejected: never wanted; gone: wants nothing any more; refused: not called' }),
    status: z.int().nullable().meta({ description: 'HTTP or SMTP status' }),
    reason: z.string().nullable().meta({ description: 'Why there is no status', example: 'timeout' }),
    requestId: z.string().nullable().meta({ description: 'What the destination calls the request' }),
    answer: z.string().meta({ description: 'The beginning of what came back, at most 4 KiB; bytes that are no text are replaced' }),
    batchMessages: z.int().meta({ description: 'Messages in the same call' }),
  })
  .meta({ id: 'Attempt', description: 'One message in one call to a destination' });
export type Attempt = z.output<typeof attemptSchema>;

export const attemptQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().max(500).optional().meta({ description: '"next" of the previous page' }),
  message: z.string().max(64).optional(),
  outcome: z.enum(outcomes).optional(),
  status: z.coerce.number().int().min(0).max(999).optional(),
  from: timestamp.optional(), to: timestamp.optional(),
});

export const listAttempts = operation({
  id: 'listAttempts', tag, method: 'GET', path: `${base}/attempts`, permission: 'subscriptions:read', status: 200,
  summary: 'Attempts, newest first', params: namespaceParams, query: attemptQuery.extend({ subscription: resourceName.optional() }),
  reply: page(attemptSchema), errors: [...readErrors, 'request_invalid', 'page_token_invalid', 'subscription_not_found'],
});
const attemptParams = namespaceParams.extend({ attempt: z.string().max(64) });
export const getAttempt = operation({
  id: 'getAttempt', tag, method: 'GET', path: `${base}/attempts/{attempt}`, permission: 'subscriptions:read', status: 200,
  summary: 'One attempt', params: attemptParams, reply: attemptSchema, errors: [...readErrors, 'attempt_not_found'],
});
export const resendReply = z
  .object({ message: z.string(), from: z.enum(['retry', 'dead']).meta({ description: 'Where it was: waiting for its next attempt, or among the dead letters' }) })
  .meta({ id: 'Resend', description: 'A message that is sent again now, with the same id' });
export const resendAttempt = operation({
  id: 'resendAttempt', tag, method: 'POST', path: `${base}/attempts/{attempt}/resend`, permission: 'queues:operate', status: 202,
  summary: 'Send the message of an attempt again, with the same id',
  description: 'A message that waits for its next attempt is tried at once; a dead letter goes back to its queue. What was delivered is settled, and its body is gone: `message_settled`.',
  params: attemptParams, reply: resendReply, errors: [...write, 'attempt_not_found', 'message_settled', 'subscription_disabled'],
});
export const resendBody = z
  .object({
    since: timestamp.meta({ description: 'Messages that failed from then on' }),
    ratePerSecond: z.number().min(0.1).max(100_000).optional().meta({ description: 'For dead letters and for retries, each' }),
    dryRun: z.boolean().default(false).meta({ description: 'Count and change nothing' }),
  })
  .strict();
export const resendTask = z
  .object({
    id: z.string(), state: z.enum(['running', 'done', 'cancelled', 'failed']), since: timestamp, ratePerSecond: z.number().nullable(),
    scanned: z.int().meta({ description: 'Dead letters looked at' }), done: z.int().meta({ description: 'Messages sent back' }),
    refused: z.int().meta({ description: 'Messages the queue did not take; they stay dead letters' }),
    createdAt: timestamp, endedAt: timestamp.nullable(), problem: z.string().nullable(),
  })
  .meta({ id: 'ResendTask', description: 'A re-sending that a worker carries out' });
export type ResendTask = z.output<typeof resendTask>;
export const resendStarted = resendTask
  .extend({ retries: z.int().meta({ description: 'Messages that waited for their next attempt and are due now, or one after the other at the rate' }) })
  .meta({ id: 'ResendStarted' });
export const resendPreview = z
  .object({
    dryRun: z.literal(true), dead: z.int().meta({ description: 'Dead letters that would go back' }), retries: z.int().meta({ description: 'Messages that wait for their next attempt and would be due now' }),
    complete: z.boolean().meta({ description: 'false when there are more than 200,000 of either' }),
  })
  .meta({ id: 'ResendPreview' });
export const resendFailed = operation({
  id: 'resendFailed', tag, method: 'POST', path: `${one}/resend`, permission: 'queues:operate', status: 202, statusUnchanged: 200,
  summary: 'Send everything again that failed since a moment, with the same ids', params: subscriptionParams, body: resendBody,
  description:
    'What waits for its next attempt is due now. The dead letters of the queue go back to it, carried out by a worker: the answer is a task. What was delivered meanwhile is settled and not sent again: no body of it is left.',
  reply: z.union([resendStarted, resendPreview]), errors: [...write, 'request_malformed_json', 'request_invalid', 'name_invalid', 'subscription_not_found', 'subscription_disabled', 'queue_not_found', 'limit_reached'],
});
const taskParams = subscriptionParams.extend({ task: z.string().max(64) });
export const getResend = operation({
  id: 'getResend', tag, method: 'GET', path: `${one}/resends/{task}`, permission: 'subscriptions:read', status: 200,
  summary: 'How far a re-sending is', params: taskParams, reply: resendTask, errors: [...readErrors, 'name_invalid', 'subscription_not_found', 'task_not_found'],
});
export const cancelResend = operation({
  id: 'cancelResend', tag, method: 'DELETE', path: `${one}/resends/{task}`, permission: 'queues:operate', status: 200,
  summary: 'Stop a re-sending; what it has done stays done', params: taskParams, reply: resendTask, errors: [...write, 'name_invalid', 'subscription_not_found', 'task_not_found'],
});

export const pushAlert = z
  .object({
    reason: z.enum(['failing', 'gone']), percent: z.int().meta({ description: '50, 70, 90: so much of the time until it is disabled has passed; 100: it was disabled' }),
    failingSince: timestamp, raisedAt: timestamp, lastAnswer: z.string().meta({ description: 'Status or reason of the last attempt' }),
  })
  .meta({ id: 'PushAlert' });
export const listSubscriptionAlerts = operation({
  id: 'listSubscriptionAlerts', tag, method: 'GET', path: `${one}/alerts`, permission: 'subscriptions:read', status: 200,
  summary: 'Warnings that a destination fails, newest first', params: subscriptionParams, reply: z.object({ items: z.array(pushAlert) }),
  errors: [...readErrors, 'name_invalid', 'subscription_not_found'],
});

export const endpointHealth = z
  .object({
    from: timestamp, to: timestamp,
    calls: z.int(), delivered: z.int(), failed: z.int(),
    successRate: z.number().nullable().meta({ description: 'Share of calls that delivered; null without one' }),
    p50Ms: z.int().nullable(), p99Ms: z.int().nullable(),
    lastSuccessAt: timestamp.nullable(), lastFailureAt: timestamp.nullable(),
    circuit: z.enum(['closed', 'open', 'half_open']).meta({ description: 'open: the destination is not called; half_open: one call at a time, until one succeeds' }),
    backlog: z.object({
      ready: z.int(), leased: z.int(), delayed: z.int(), dead: z.int(),
      oldestReadyAgeMs: z.int().nullable(),
    }).meta({ description: 'Messages of the queue' }),
  })
  .meta({ id: 'EndpointHealth' });
export type EndpointHealth = z.output<typeof endpointHealth>;
export const healthQuery = z.object({ hours: z.coerce.number().int().min(1).max(168).default(24).meta({ description: 'How far back' }) });
export const getSubscriptionHealth = operation({
  id: 'getSubscriptionHealth', tag, method: 'GET', path: `${one}/health`, permission: 'subscriptions:read', status: 200,
  summary: 'How the destination has been doing, and what waits for it', params: subscriptionParams, query: healthQuery, reply: endpointHealth,
  errors: [...readErrors, 'name_invalid', 'request_invalid', 'subscription_not_found', 'queue_not_found'],
});
