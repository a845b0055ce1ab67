import { z } from 'zod';
import { attemptQuery, attemptSchema, endpointHealth, healthQuery, resendReply } from './attempts.js';
import { bodyErrors, writeErrors } from './call-errors.js';
import { namespaceParams, page, pageQuery, resourceName, routingKey, timestamp } from './fields.js';
import { operation } from './operation.js';
import { askRecipientBody, askRecipientErrors } from './recipients.js';
import {
  customerId, description, destinationErrors, destinationKindSchema, destinationSettings, recipientSchema, shownSecretSchema, subscriptionSecretSchema, testResultSchema,
} from './subscriptions.js';

const tag = 'Portal';
const day = 86_400;

export const portalTheme = z
  .object({
    name: z.string().max(60).optional().meta({ description: 'What the page is called' }),
    accentColor: z.string().regex(/^#[0-9a-fA-F]{6}$/).optional().meta({ example: '#0b7285' }),
    logoUrl: z.url({ protocol: /^https$/ }).max(300).optional().meta({ description: 'An image, by https' }),
    scheme: z.enum(['light', 'dark', 'auto']).default('auto'),
  })
  .strict()
  .meta({ id: 'PortalTheme' });
export type PortalTheme = z.output<typeof portalTheme>;

export const createPortalLink = operation({
  id: 'createPortalLink', tag, method: 'POST', path: '/api/v1/namespaces/{namespace}/portal-links', permission: 'subscriptions:write', status: 201,
  summary: 'A link with which one of your customers manages its own endpoints',
  description:
    'Whoever has the link reaches the subscriptions of that customer in this namespace and nothing else, until it expires or is revoked. ' +
    'What the customer may receive is what is published to `exchange` under `keyPrefix`.',
  params: namespaceParams,
  body: z
    .object({
      customer: customerId, exchange: resourceName.meta({ description: 'A topic or direct exchange' }),
      keyPrefix: z.string().max(128).regex(/^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)?$/).meta({ description: 'Words that all routing keys of this customer begin with; "" for every message of the exchange', example: 'acme' }),
      kinds: z.array(z.string().max(64)).min(1).max(10).default(['webhook']).meta({ description: 'Kinds of destination on offer' }),
      theme: portalTheme.default({ scheme: 'auto' }),
      minutes: z.int().min(1).max(1_440).default(60),
    })
    .strict(),
  reply: z.object({ id: z.string().meta({ description: 'To revoke it by' }), url: z.string().meta({ description: 'For the customer\'s browser; the token is behind the "#", which browsers send to no server' }), token: z.string(), expiresAt: timestamp }).meta({ id: 'PortalLink' }),
  errors: [
    ...writeErrors, ...bodyErrors, 'name_invalid', 'exchange_not_found', 'exchange_unsuitable', 'destination_kind_unknown',
  ],
});

export const portalLinkView = z
  .object({ id: z.string(), customer: customerId, exchange: z.string(), keyPrefix: z.string(), createdAt: timestamp, expiresAt: timestamp, revokedAt: timestamp.nullable() })
  .meta({ id: 'PortalLinkView' });
export type PortalLinkView = z.output<typeof portalLinkView>;

export const listPortalLinks = operation({
  id: 'listPortalLinks', tag, method: 'GET', path: '/api/v1/namespaces/{namespace}/portal-links', permission: 'subscriptions:read', status: 200,
  summary: 'Portal links that have not expired, newest first', params: namespaceParams, query: pageQuery.extend({ customer: customerId.optional() }),
  reply: page(portalLinkView), errors: [...writeErrors, 'request_invalid'],
});
export const revokePortalLink = operation({
  id: 'revokePortalLink', tag, method: 'DELETE', path: '/api/v1/namespaces/{namespace}/portal-links/{link}', permission: 'subscriptions:write', status: 204,
  summary: 'Revoke a portal link: from its next call on it opens nothing', params: namespaceParams.extend({ link: z.string().max(64) }), errors: [...writeErrors, 'portal_link_not_found'],
});
export const revokePortalLinks = operation({
  id: 'revokePortalLinks', tag, method: 'POST', path: '/api/v1/namespaces/{namespace}/portal-links/revoke', permission: 'subscriptions:write', status: 200,
  summary: 'Revoke every portal link that a customer has now', params: namespaceParams, body: z.object({ customer: customerId }).strict(),
  reply: z.object({ revoked: z.int().meta({ description: 'Links that have not expired, revoked now or before' }) }), errors: [...writeErrors, 'request_malformed_json', 'request_invalid'],
});

const read = [...writeErrors, 'portal_link_invalid'] as const;
const base = '/api/v1/portal';
const one = `${base}/subscriptions/{subscription}`;
const oneParams = z.object({ subscription: z.string().max(64).meta({ description: 'Subscription id' }) });
const permission = 'portal:use';

export const portalSubscription = z
  .object({
    id: z.string(), description: z.string(), kind: z.string(), settings: destinationSettings,
    events: z.array(z.string()).meta({ description: 'Patterns of routing keys, without the prefix; empty where the owner of the page chose them' }),
    state: z.enum(['active', 'paused', 'disabled']), disabledReason: z.enum(['gone', 'failing']).nullable(), failingSince: timestamp.nullable(),
    recipients: z.array(recipientSchema), held: z.boolean(),
    createdAt: timestamp, changedAt: timestamp,
  })
  .meta({ id: 'PortalSubscription' });
export type PortalSubscription = z.output<typeof portalSubscription>;
const events = z.array(routingKey.min(1)).min(1).max(50).meta({ description: 'Patterns of routing keys without the prefix; "#" for everything', example: ['order.*'] });

export const getPortal = operation({
  id: 'getPortal', tag, method: 'GET', path: base, permission, status: 200, summary: 'What the link is for, and how the page looks',
  reply: z.object({
    customer: customerId, kinds: z.array(destinationKindSchema), theme: portalTheme, expiresAt: timestamp,
    wildcards: z.boolean().meta({ description: 'Whether events may have "*" and "#"' }),
  }).meta({ id: 'Portal' }),
  errors: [...read, 'exchange_not_found', 'exchange_unsuitable'],
});
export const listPortalSubscriptions = operation({
  id: 'listPortalSubscriptions', tag, method: 'GET', path: `${base}/subscriptions`, permission, status: 200, summary: 'Endpoints of the customer',
  reply: z.object({ items: z.array(portalSubscription) }), errors: read,
});
const topologyErrors = ['topology_not_published', 'exchange_not_found', 'exchange_unsuitable', 'pattern_invalid', 'pattern_too_long', 'limit_reached', 'payment_overdue'] as const;
export const createPortalSubscription = operation({
  id: 'createPortalSubscription', tag, method: 'POST', path: `${base}/subscriptions`, permission, status: 201,
  summary: 'Create an endpoint with a queue of its own, bound to the events chosen',
  body: z.object({ kind: z.string().max(64).default('webhook'), settings: destinationSettings, description: description.default(''), events: events.default(['#']) }).strict(),
  reply: portalSubscription.extend({ secrets: z.array(shownSecretSchema) }).meta({ id: 'CreatedPortalSubscription' }),
  errors: [...read, ...bodyErrors, ...destinationErrors, ...topologyErrors],
});
export const getPortalSubscription = operation({
  id: 'getPortalSubscription', tag, method: 'GET', path: one, permission, status: 200, summary: 'One endpoint', params: oneParams, reply: portalSubscription,
  errors: [...read, 'subscription_not_found'],
});
export const changePortalSubscription = operation({
  id: 'changePortalSubscription', tag, method: 'PUT', path: one, permission, status: 200, summary: 'Change an endpoint and its events', params: oneParams,
  body: z.object({ settings: destinationSettings, description: description.default(''), events }).strict(),
  reply: portalSubscription, errors: [...read, ...bodyErrors, ...destinationErrors, ...topologyErrors, 'subscription_not_found'],
});
export const deletePortalSubscription = operation({
  id: 'deletePortalSubscription', tag, method: 'DELETE', path: one, permission, status: 204, summary: 'Delete an endpoint with its queue and what waits in it', params: oneParams,
  errors: [...read, 'subscription_not_found', 'topology_not_published'],
});

const change = { tag, method: 'POST', permission, status: 200, params: oneParams, reply: portalSubscription } as const;
export const pausePortalSubscription = operation({
  ...change, id: 'pausePortalSubscription', path: `${one}/pause`, summary: 'Pause an endpoint', errors: [...read, 'subscription_not_found', 'subscription_disabled'],
});
export const resumePortalSubscription = operation({
  ...change, id: 'resumePortalSubscription', path: `${one}/resume`, summary: 'Go on with a paused endpoint', errors: [...read, 'subscription_not_found', 'subscription_disabled'],
});
export const enablePortalSubscription = operation({
  ...change, id: 'enablePortalSubscription', path: `${one}/enable`, summary: 'Go on with a disabled endpoint', errors: [...read, 'subscription_not_found'],
});
export const askPortalRecipient = operation({
  id: 'askPortalRecipient', tag, method: 'POST', path: `${one}/recipients/ask`, permission, status: 200, summary: 'Send a recipient of mails the mail that asks for confirmation again',
  description: 'Limits are those of the same call of the tenant, and shared with it: at most every ten minutes to one address.',
  params: oneParams, body: askRecipientBody, reply: portalSubscription, errors: [...read, ...bodyErrors, ...askRecipientErrors, 'subscription_not_found'],
});
export const testPortalSubscription = operation({
  id: 'testPortalSubscription', tag, method: 'POST', path: `${one}/test`, permission, status: 200, summary: 'Send a test event now and answer what came back',
  params: oneParams, reply: testResultSchema, errors: [...read, 'subscription_not_found', 'destination_kind_unknown', 'destination_unavailable'],
});

export const listPortalSecrets = operation({
  id: 'listPortalSecrets', tag, method: 'GET', path: `${one}/secrets`, permission, status: 200, summary: 'Live secrets of an endpoint, without their values',
  params: oneParams, reply: z.object({ items: z.array(subscriptionSecretSchema) }), errors: [...read, 'subscription_not_found'],
});
export const revealPortalSecret = operation({
  id: 'revealPortalSecret', tag, method: 'POST', path: `${one}/secrets/{secret}/reveal`, permission, status: 200,
  summary: 'Show a secret that was made by us; the receiver checks signatures with it', params: oneParams.extend({ secret: z.string().max(64) }),
  reply: shownSecretSchema, errors: [...read, 'subscription_not_found', 'secret_not_found'],
});
export const rotatePortalSecret = operation({
  id: 'rotatePortalSecret', tag, method: 'POST', path: `${one}/secrets`, permission, status: 201,
  summary: 'Make a new secret; the older ones of its name stay live for the grace time', params: oneParams,
  body: z
    .object({
      name: z.string().min(1).max(64).default('signing'), value: z.string().min(1).max(8_192).optional().meta({ description: 'Left out: made by us' }),
      graceSeconds: z.int().min(0).max(7 * day).default(day),
    })
    .strict(),
  reply: shownSecretSchema, errors: [...read, ...bodyErrors, ...destinationErrors, 'subscription_not_found', 'limit_reached'],
});

export const listPortalAttempts = operation({
  id: 'listPortalAttempts', tag, method: 'GET', path: `${one}/attempts`, permission, status: 200, summary: 'Attempts at an endpoint, newest first',
  params: oneParams, query: attemptQuery, reply: page(attemptSchema), errors: [...read, 'request_invalid', 'page_token_invalid', 'subscription_not_found'],
});
export const resendPortalAttempt = operation({
  id: 'resendPortalAttempt', tag, method: 'POST', path: `${one}/attempts/{attempt}/resend`, permission, status: 202,
  summary: 'Send the message of an attempt again, with the same id', params: oneParams.extend({ attempt: z.string().max(64) }), reply: resendReply,
  errors: [...read, 'outcome_unknown', 'subscription_not_found', 'attempt_not_found', 'message_settled', 'subscription_disabled'],
});
export const getPortalHealth = operation({
  id: 'getPortalHealth', tag, method: 'GET', path: `${one}/health`, permission, status: 200, summary: 'How an endpoint has been doing, and what waits for it',
  params: oneParams, query: healthQuery, reply: endpointHealth, errors: [...read, 'request_invalid', 'subscription_not_found', 'queue_not_found'],
});
