import { z } from 'zod';
import { bodyErrors, readErrors, writeErrors } from './call-errors.js';
import { namespaceParams, page, pageQuery, resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Subscriptions';
/** Codes with which a kind of destination refuses settings. */
export const destinationErrors = ['destination_kind_unknown', 'destination_unavailable', 'egress_refused', 'setting_invalid', 'text_invalid'] as const;

const base = '/api/v1/namespaces/{namespace}';
const one = `${base}/subscriptions/{subscription}`;
export const subscriptionParams = namespaceParams.extend({ subscription: resourceName });
const day = 86_400;

const deliveryShape = {
  timeoutSeconds: z.number().min(1).max(60).meta({ description: 'A whole attempt, connection included' }),
  scheduleSeconds: z.array(z.number().min(0).max(7 * day)).min(1).max(30).meta({ description: 'Delay before each attempt, the first included; after the last one the message goes to the dead letters' }),
  jitter: z.number().min(0).max(1).meta({ description: 'Share of a delay that is random' }),
  concurrency: z.int().min(1).max(1_000).meta({ description: 'Attempts on their way at once' }),
  ratePerSecond: z.number().min(0.01).max(10_000).nullable().meta({ description: 'Attempts begun per second; null for no limit' }),
  batchMessages: z.int().min(1).max(100).meta({ description: 'Messages in one call' }),
  batchWaitMs: z.int().min(0).max(60_000).meta({ description: 'How long a call waits for more messages' }),
  circuitFailures: z.int().min(1).max(1_000).meta({ description: 'Failed attempts in a row after which calls stop, but for a probe now and then' }),
  circuitOpenSeconds: z.number().min(1).max(3_600).meta({ description: 'Time between probes' }),
  disableAfterSeconds: z.int().min(60).max(30 * day).meta({ description: 'Failing without a success for so long disables it' }),
};
export const deliverySettings = z.object(deliveryShape).meta({ id: 'DeliverySettings', description: 'How a message is tried' });
export const deliveryInput = z.object(deliveryShape).partial().strict().meta({ id: 'DeliveryInput', description: 'How a message is tried; what is left out is as usual' });
export type DeliveryInput = z.output<typeof deliveryInput>;

/** What only the kind of destination knows: its own schema checks it, `listDestinationKinds` shows it. */
export const destinationSettings = z.record(z.string().max(64), z.unknown()).meta({ description: 'As the schema of the kind says', example: { url: 'https://example.com/hook' } });
export const customerId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/).meta({ description: 'What you call your own customer: 1-64 of letters, digits, ".", "_", "-"', example: 'acme' });
export const description = z.string().max(200);

export const recipientStates = ['waiting', 'confirmed', 'unsubscribed', 'trusted', 'denied'] as const;
export const recipientSchema = z
  .object({
    address: z.string(),
    state: z.enum(recipientStates).meta({ description: 'Mailed are confirmed and trusted ones. waiting: for the confirmation; unsubscribed: by the recipient; trusted: no confirmation is needed; denied: by the operator of the installation' }),
    askedAt: timestamp.nullable().meta({ description: 'When the last mail that asks for confirmation was ordered' }),
    linkEndsAt: timestamp.nullable().meta({ description: 'How long the link in it works' }),
    notAsked: z.string().nullable().meta({ description: 'Why that mail could not be sent' }),
  })
  .meta({ id: 'Recipient' });
export type Recipient = z.output<typeof recipientSchema>;

export const subscriptionSchema = z
  .object({
    id: z.string(), name: resourceName, description: z.string(), queue: resourceName,
    kind: z.string().meta({ example: 'webhook' }),
    settings: destinationSettings, delivery: deliverySettings,
    state: z.enum(['active', 'paused', 'disabled']).meta({ description: 'paused by a person, disabled by us; the backlog stays in the queue' }),
    disabledReason: z.enum(['gone', 'failing']).nullable().meta({ description: 'gone: the destination said so; failing: for too long' }),
    disabledAt: timestamp.nullable(),
    failingSince: timestamp.nullable().meta({ description: 'First failure since the last success' }),
    customer: customerId.nullable().meta({ description: 'Your customer whose portal shows it' }),
    recipients: z.array(recipientSchema).meta({ description: 'People it mails; of other destinations none' }),
    held: z.boolean().meta({ description: 'Messages wait in the queue because no recipient may be mailed' }),
    createdAt: timestamp, changedAt: timestamp,
  })
  .meta({ id: 'Subscription' });
export type Subscription = z.output<typeof subscriptionSchema>;

const secretName = z.string().min(1).max(64).meta({ description: 'One of the names of the kind', example: 'signing' });
const secretValue = z.string().min(1).max(8_192);
export const subscriptionSecretSchema = z
  .object({
    id: z.string(), name: secretName, generated: z.boolean().meta({ description: 'Made by us' }),
    liveFrom: timestamp, liveUntil: timestamp.nullable().meta({ description: 'null: until it is revoked' }),
  })
  .meta({ id: 'SubscriptionSecret' });
export type SubscriptionSecret = z.output<typeof subscriptionSecretSchema>;
export const shownSecretSchema = subscriptionSecretSchema.extend({ value: z.string().meta({ description: 'Shown once' }), publicKey: z.string().nullable().meta({ description: 'Of a key pair: what the receiver verifies with' }) }).meta({ id: 'ShownSecret' });
export type ShownSecret = z.output<typeof shownSecretSchema>;
export const subscriptionWithSecrets = subscriptionSchema.extend({ secrets: z.array(shownSecretSchema).meta({ description: 'Secrets that this call made; shown once' }) }).meta({ id: 'SubscriptionWithSecrets' });

export const destinationKindSchema = z
  .object({
    kind: z.string(), title: z.string(),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of its settings' }),
    secrets: z.array(z.object({ name: z.string(), description: z.string(), generated: z.boolean().meta({ description: 'Made by us when none is given' }) })),
    available: z.boolean(), unavailableReason: z.string().nullable().meta({ description: 'Why this installation cannot use it' }),
  })
  .meta({ id: 'DestinationKind' });
export type DestinationKind = z.output<typeof destinationKindSchema>;

export const testResultSchema = z
  .object({
    message: z.string().meta({ description: 'Id of the test event, as the destination saw it' }),
    outcome: z.enum(['delivered', 'failed', 'slow_down', 'rejected', 'gone', 'refused']),
    status: z.int().nullable().meta({ description: 'HTTP or SMTP status' }),
    reason: z.string().nullable().meta({ description: 'Why there is no status', example: 'timeout' }),
    durationMs: z.int(), answer: z.string().meta({ description: 'The beginning of what came back, at most 4 KiB' }),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'TestResult' });
export type TestResult = z.output<typeof testResultSchema>;

export const listDestinationKinds = operation({
  id: 'listDestinationKinds', tag, method: 'GET', path: `${base}/destination-kinds`, permission: 'subscriptions:read', status: 200,
  summary: 'Kinds of destination with the schema of their settings', params: namespaceParams, reply: z.object({ items: z.array(destinationKindSchema) }), errors: readErrors,
});
export const listSubscriptions = operation({
  id: 'listSubscriptions', tag, method: 'GET', path: `${base}/subscriptions`, permission: 'subscriptions:read', status: 200,
  summary: 'Subscriptions by name', params: namespaceParams,
  query: pageQuery.extend({ queue: resourceName.optional(), customer: customerId.optional(), state: z.enum(['active', 'paused', 'disabled']).optional() }),
  reply: page(subscriptionSchema), errors: [...readErrors, 'request_invalid'],
});
export const getSubscription = operation({
  id: 'getSubscription', tag, method: 'GET', path: one, permission: 'subscriptions:read', status: 200,
  summary: 'One subscription', params: subscriptionParams, reply: subscriptionSchema, errors: [...readErrors, 'name_invalid', 'subscription_not_found'],
});
export const putSubscription = operation({
  id: 'putSubscription', tag, method: 'PUT', path: one, permission: 'subscriptions:write', status: 201, statusUnchanged: 200,
  summary: 'Create a subscription, or give it these settings: those left out are as usual',
  description:
    'Queue and kind of a subscription stay; its state too. Secrets that the kind makes itself are made now and shown in this answer only. ' +
    'A secret given here that differs from the newest one replaces it at once. Deleting the queue deletes the subscription.',
  params: subscriptionParams,
  body: z
    .object({
      queue: resourceName, kind: z.string().min(1).max(64), settings: destinationSettings,
      delivery: deliveryInput.default({}), description: description.default(''), customer: customerId.nullable().default(null),
      secrets: z.record(secretName, secretValue).default({}).meta({ description: 'Values by the names of the kind' }),
    })
    .strict(),
  reply: subscriptionWithSecrets,
  errors: [...writeErrors, ...bodyErrors, ...destinationErrors, 'name_invalid', 'queue_not_found', 'subscription_conflict', 'limit_reached', 'confirmations_limited'],
});
export const deleteSubscription = operation({
  id: 'deleteSubscription', tag, method: 'DELETE', path: one, permission: 'subscriptions:write', status: 204,
  summary: 'Delete a subscription; the queue keeps its messages', params: subscriptionParams, errors: [...writeErrors, 'name_invalid', 'subscription_not_found'],
});

const change = { tag, method: 'POST', permission: 'queues:operate', status: 200, params: subscriptionParams, reply: subscriptionSchema } as const;
const changeErrors = [...writeErrors, 'name_invalid', 'subscription_not_found'] as const;
export const pauseSubscription = operation({
  ...change, id: 'pauseSubscription', path: `${one}/pause`, summary: 'Call the destination no more until it is resumed; messages stay in the queue',
  errors: [...changeErrors, 'subscription_disabled'],
});
export const resumeSubscription = operation({
  ...change, id: 'resumeSubscription', path: `${one}/resume`, summary: 'Go on with a paused subscription', errors: [...changeErrors, 'subscription_disabled'],
});
export const enableSubscription = operation({
  ...change, id: 'enableSubscription', path: `${one}/enable`, summary: 'Go on with a disabled subscription: the backlog is delivered in its order', errors: changeErrors,
});
export const testSubscription = operation({
  id: 'testSubscription', tag, method: 'POST', path: `${one}/test`, permission: 'queues:operate', status: 200,
  summary: 'Send a test event now and answer what came back; not metered, whatever the state', params: subscriptionParams,
  reply: testResultSchema, errors: [...changeErrors, 'destination_kind_unknown', 'destination_unavailable'],
});

export const listSubscriptionSecrets = operation({
  id: 'listSubscriptionSecrets', tag, method: 'GET', path: `${one}/secrets`, permission: 'subscriptions:read', status: 200,
  summary: 'Secrets that are live, newest first, without their values', params: subscriptionParams,
  reply: z.object({ items: z.array(subscriptionSecretSchema) }), errors: [...readErrors, 'name_invalid', 'subscription_not_found'],
});
export const addSubscriptionSecret = operation({
  id: 'addSubscriptionSecret', tag, method: 'POST', path: `${one}/secrets`, permission: 'subscriptions:write', status: 201,
  summary: 'Add a secret, and let the older ones of its name run out',
  description: 'Signatures are made with every live secret, so that receivers can change over in the meantime. What is used for signing in is the newest one.',
  params: subscriptionParams,
  body: z
    .object({
      name: secretName,
      value: secretValue.optional().meta({ description: 'Left out: made by us, where the kind can' }),
      graceSeconds: z.int().min(0).max(7 * day).nullable().default(day).meta({ description: 'How long the older ones stay live; null: until they are revoked' }),
    })
    .strict(),
  reply: shownSecretSchema, errors: [...writeErrors, ...bodyErrors, ...destinationErrors, 'name_invalid', 'subscription_not_found', 'limit_reached'],
});
export const revokeSubscriptionSecret = operation({
  id: 'revokeSubscriptionSecret', tag, method: 'DELETE', path: `${one}/secrets/{secret}`, permission: 'subscriptions:write', status: 204,
  summary: 'End a secret at once', params: subscriptionParams.extend({ secret: z.string().max(64) }),
  errors: [...writeErrors, 'name_invalid', 'subscription_not_found', 'secret_not_found', 'secret_last'],
});
