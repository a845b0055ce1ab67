import { z } from 'zod';
import { bindingInput, bindingSchema } from './binding-rule.js';
import { exchangeInput, exchangeSchema } from './exchange-settings.js';
import { exchangeParams, namespaceParams, page, pageQuery, queueParams, resourceName } from './fields.js';
import { operation } from './operation.js';
import { queueInput, queueSchema } from './queue-settings.js';

const tag = 'Topology';
const read = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing', 'namespace_not_found'] as const;
const write = [...read, 'cross_site_refused', 'topology_not_published'] as const;
const bodyErrors = ['request_malformed_json', 'request_invalid', 'name_invalid', 'setting_invalid', 'text_invalid'] as const;

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
  summary: 'Create an exchange, or give it these settings: those left out get their defaults', params: exchangeParams,
  body: exchangeInput, reply: exchangeSchema,
  errors: [...write, ...bodyErrors, 'exchange_conflict', 'exchange_builtin', 'exchange_not_found', 'binding_loop', 'limit_reached'],
});
export const deleteExchange = operation({
  id: 'deleteExchange', tag, method: 'DELETE', path: `${base}/exchanges/{exchange}`, permission: 'topology:write', status: 204,
  summary: 'Delete an exchange and every binding from or to it',
  description: 'Exchanges and queues that name it as alternate or dead-letter exchange go on without one.',
  params: exchangeParams, errors: [...write, 'name_invalid', 'exchange_not_found', 'exchange_builtin'],
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
  summary: 'Create a queue, or give it these settings: those left out get their defaults', params: queueParams,
  description: 'Names that start with "reply." are reserved for the addresses of replies.',
  body: queueInput, reply: queueSchema, errors: [...write, ...bodyErrors, 'queue_conflict', 'exchange_not_found', 'limit_reached', 'payment_overdue'],
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
  errors: [...write, ...bodyErrors, 'pattern_invalid', 'pattern_too_long', 'filter_invalid', 'exchange_not_found', 'queue_not_found', 'exchange_builtin', 'binding_loop', 'limit_reached'],
});
export const deleteBinding = operation({
  id: 'deleteBinding', tag, method: 'DELETE', path: `${base}/bindings/{binding}`, permission: 'topology:write', status: 204,
  summary: 'Delete a binding', params: namespaceParams.extend({ binding: z.string() }), errors: [...write, 'binding_not_found'],
});
