import { z } from 'zod';
import { exchangeParams, namespaceParams, page, pageQuery, queueParams, resourceName, routingKey, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Topology';
const read = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing', 'namespace_not_found'] as const;
const write = [...read, 'cross_site_refused', 'topology_not_published'] as const;
const bodyErrors = ['request_malformed_json', 'request_invalid', 'name_invalid'] as const;

export const exchangeKinds = ['direct', 'topic', 'fanout', 'headers'] as const;
export type ExchangeKind = (typeof exchangeKinds)[number];

export const exchangeSchema = z
  .object({
    id: z.string(), name: z.string(), kind: z.enum([...exchangeKinds, 'default']),
    builtIn: z.boolean(), bindings: z.int().meta({ description: 'Bindings that leave this exchange' }), createdAt: timestamp,
  })
  .meta({ id: 'Exchange' });
export type Exchange = z.output<typeof exchangeSchema>;

export const queueSchema = z
  .object({
    id: z.string(), name: z.string(), kind: z.enum(['standard']),
    leaseSeconds: z.int(), deliveryLimit: z.int().nullable(), bindings: z.int(), createdAt: timestamp,
  })
  .meta({ id: 'Queue' });
export type Queue = z.output<typeof queueSchema>;

const headerValue = z.string().max(1024);

export const bindingInput = z
  .object({
    destination: z.union([z.object({ queue: resourceName }).strict(), z.object({ exchange: resourceName }).strict()]),
    pattern: routingKey.default('').meta({ description: 'direct: the exact routing key; topic: words with "*" (one word) and "#" (any number); ignored elsewhere' }),
    headers: z.record(z.string().min(1).max(128), headerValue).default({}).meta({ description: 'headers exchange: what a message must carry' }),
    match: z.enum(['all', 'any']).default('all').meta({ description: 'headers exchange: all of the headers, or any of them' }),
  })
  .strict()
  .meta({ id: 'BindingInput' });
export type BindingInput = z.output<typeof bindingInput>;

export const bindingSchema = z
  .object({
    id: z.string().meta({ description: 'Made from the content: the same binding always has the same id' }),
    source: z.string(),
    destination: z.union([z.object({ queue: z.string() }), z.object({ exchange: z.string() })]),
    pattern: z.string(), headers: z.record(z.string(), z.string()), match: z.enum(['all', 'any']), createdAt: timestamp,
  })
  .meta({ id: 'Binding' });
export type Binding = z.output<typeof bindingSchema>;

const base = '/api/v1/namespaces/{namespace}';

export const listExchanges = operation({
  id: 'listExchanges', tag, method: 'GET', path: `${base}/exchanges`, permission: 'topology:read', status: 200,
  summary: 'Exchanges by name', params: namespaceParams, query: pageQuery, reply: page(exchangeSchema), errors: [...read, 'request_invalid'],
});
export const getExchange = operation({
  id: 'getExchange', tag, method: 'GET', path: `${base}/exchanges/{exchange}`, permission: 'topology:read', status: 200,
  summary: 'One exchange', params: exchangeParams, reply: exchangeSchema, errors: [...read, 'name_invalid', 'exchange_not_found'],
});
export const putExchange = operation({
  id: 'putExchange', tag, method: 'PUT', path: `${base}/exchanges/{exchange}`, permission: 'topology:write', status: 201, statusUnchanged: 200,
  summary: 'Create an exchange; repeating it changes nothing', params: exchangeParams,
  body: z.object({ kind: z.enum(exchangeKinds) }).strict(), reply: exchangeSchema,
  errors: [...write, ...bodyErrors, 'exchange_conflict', 'exchange_builtin', 'limit_reached'],
});
export const deleteExchange = operation({
  id: 'deleteExchange', tag, method: 'DELETE', path: `${base}/exchanges/{exchange}`, permission: 'topology:write', status: 204,
  summary: 'Delete an exchange and every binding from or to it', params: exchangeParams, errors: [...write, 'name_invalid', 'exchange_not_found', 'exchange_builtin'],
});

export const listQueues = operation({
  id: 'listQueues', tag, method: 'GET', path: `${base}/queues`, permission: 'topology:read', status: 200,
  summary: 'Queues by name', params: namespaceParams, query: pageQuery, reply: page(queueSchema), errors: [...read, 'request_invalid'],
});
export const getQueue = operation({
  id: 'getQueue', tag, method: 'GET', path: `${base}/queues/{queue}`, permission: 'topology:read', status: 200,
  summary: 'One queue', params: queueParams, reply: queueSchema, errors: [...read, 'name_invalid', 'queue_not_found'],
});
export const putQueue = operation({
  id: 'putQueue', tag, method: 'PUT', path: `${base}/queues/{queue}`, permission: 'topology:write', status: 201, statusUnchanged: 200,
  summary: 'Create a queue, or set its lease and delivery limit', params: queueParams,
  body: z
    .object({
      kind: z.enum(['standard']).default('standard'),
      leaseSeconds: z.int().min(0).max(86_400).default(30),
      deliveryLimit: z.int().min(1).max(1_000).nullable().default(10).meta({ description: 'Deliveries before the dead letters; null for no limit' }),
    })
    .strict(),
  reply: queueSchema, errors: [...write, ...bodyErrors, 'limit_reached'],
});
export const deleteQueue = operation({
  id: 'deleteQueue', tag, method: 'DELETE', path: `${base}/queues/{queue}`, permission: 'topology:write', status: 204,
  summary: 'Delete a queue with its messages, and every binding to it', params: queueParams, errors: [...write, 'name_invalid', 'queue_not_found'],
});

export const listBindings = operation({
  id: 'listBindings', tag, method: 'GET', path: `${base}/bindings`, permission: 'topology:read', status: 200,
  summary: 'Bindings, narrowed by source exchange or destination queue', params: namespaceParams,
  query: pageQuery.extend({ exchange: resourceName.optional(), queue: resourceName.optional() }),
  reply: page(bindingSchema), errors: [...read, 'request_invalid'],
});
export const putBindings = operation({
  id: 'putBindings', tag, method: 'PUT', path: `${base}/exchanges/{exchange}/bindings`, permission: 'topology:write', status: 201, statusUnchanged: 200,
  summary: 'Add up to 1,000 bindings to an exchange, all or none; those that exist stay as they are', params: exchangeParams,
  body: z.object({ bindings: z.array(bindingInput).min(1).max(1000) }).strict(),
  reply: z.object({ items: z.array(bindingSchema.extend({ created: z.boolean() }).meta({ id: 'PutBinding' })) }),
  errors: [...write, ...bodyErrors, 'pattern_invalid', 'pattern_too_long', 'exchange_not_found', 'queue_not_found', 'exchange_builtin', 'binding_loop', 'limit_reached'],
});
export const deleteBinding = operation({
  id: 'deleteBinding', tag, method: 'DELETE', path: `${base}/bindings/{binding}`, permission: 'topology:write', status: 204,
  summary: 'Delete a binding', params: namespaceParams.extend({ binding: z.string() }), errors: [...write, 'binding_not_found'],
});
