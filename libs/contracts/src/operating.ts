import { z } from 'zod';
import { consumerName, deferKey, messageView } from './consuming.js';
import { authErrors, publishErrors, queueErrors } from './data-errors.js';
import { page, pageQuery, timestamp } from './fields.js';
import { operation } from './operation.js';
import { messageInput, publishReceipt, publishTarget, queuePath } from './publishing.js';

const tag = 'Operate';
export const messageStates = ['ready', 'leased', 'delayed', 'deferred', 'dead'] as const;
export type MessageState = (typeof messageStates)[number];
export const movableStates = ['ready', 'dead'] as const;

/** Which messages; all that is given must hold. */
export const messageFilter = z
  .object({
    ids: z.array(z.string().max(32)).min(1).max(1000).optional(),
    key: z.string().max(255).optional().meta({ description: 'Routing key, exactly' }),
    group: z.string().max(128).optional(),
    correlationId: z.string().max(255).optional(),
    headers: z.record(z.string().max(128), z.string().max(4096)).optional().meta({ description: 'Headers it carries, exactly' }),
    bodyContains: z.string().min(1).max(256).optional().meta({ description: 'Text in the body' }),
    publishedFrom: timestamp.optional(), publishedTo: timestamp.optional(),
    reason: z.string().max(200).optional().meta({ description: 'Dead letters: why it died' }),
    deadFrom: timestamp.optional(), deadTo: timestamp.optional(),
  })
  .strict()
  .meta({ id: 'MessageFilter' });
export type MessageFilter = z.output<typeof messageFilter>;

export const browsedMessage = messageView
  .extend({
    state: z.enum(messageStates),
    deliveryCount: z.int().meta({ description: 'Deliveries so far' }),
    bytes: z.int().meta({ description: 'Size of the body' }),
    holder: z.string().optional().meta({ description: 'leased: who holds it' }),
    until: timestamp.optional().meta({ description: 'leased: the deadline; delayed, deferred: when it is ready again' }),
    deferKey: deferKey.optional(),
    body: z.string().optional(), bodyEncoding: z.enum(['utf8', 'base64']).optional(),
    bodyCut: z.boolean().optional().meta({ description: 'true when only the beginning of the body is shown' }),
  })
  .meta({ id: 'BrowsedMessage' });
export type BrowsedMessage = z.output<typeof browsedMessage>;

export const browseMessages = operation({
  id: 'browseMessages', tag, method: 'GET', path: '/v1/queues/{queue}/messages', permission: 'messages:read', status: 200,
  summary: 'Look at messages without consuming them', params: queuePath,
  description: 'Own headers are filtered by `header.<name>=<value>`. A page ends early when many messages do not fit the filter: go on with `after` until `next` is null. A body that lies outside the message store is shown by the call for one message only.',
  query: z.looseObject({
    state: z.enum(messageStates).default('ready'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    after: z.string().max(2000).optional().meta({ description: '"next" of the previous page' }),
    id: z.string().max(32).optional(), key: z.string().max(255).optional(), group: z.string().max(128).optional(), correlationId: z.string().max(255).optional(),
    reason: z.string().max(200).optional(), publishedFrom: timestamp.optional(), publishedTo: timestamp.optional(),
    body: z.enum(['none', 'head', 'full']).default('none').meta({ description: 'head: the first 1,024 bytes' }),
  }),
  reply: page(browsedMessage).extend({ scanned: z.int().meta({ description: 'Messages looked at for this page' }) }),
  errors: [...queueErrors, 'page_token_invalid'],
});
export const peekMessage = operation({
  id: 'peekMessage', tag, method: 'GET', path: '/v1/queues/{queue}/messages/{id}', permission: 'messages:read', status: 200,
  summary: 'Look at one message, whatever its state', params: queuePath.extend({ id: z.string().max(32) }), reply: browsedMessage,
  errors: [...queueErrors, 'message_not_found'],
});
/** Without the defaults of a new message: what is left out stays as it was. */
const editedMessage = messageInput.partial().extend({ bodyEncoding: messageInput.shape.bodyEncoding.unwrap().optional(), contentType: messageInput.shape.contentType.unwrap().optional() });

export const resubmitMessage = operation({
  id: 'resubmitMessage', tag, method: 'POST', path: '/v1/queues/{queue}/messages/{id}/resubmit', permission: 'queues:operate', status: 200,
  summary: 'Publish a dead letter again, edited, and remove it, in one step',
  description: 'What is left out of `message` is taken from the dead letter. The new message has an id of its own and the header `waybill-resubmitted-from` with the old one.',
  params: queuePath.extend({ id: z.string().max(32) }),
  body: z.object({ to: publishTarget.optional().meta({ description: 'Default: the queue itself' }), message: editedMessage.default({}) }).strict(),
  reply: publishReceipt, errors: [...queueErrors, ...publishErrors, 'message_not_found', 'exchange_not_found', 'request_unroutable'],
});

export const task = z
  .object({
    id: z.string(), kind: z.enum(['redrive', 'purge', 'move']), queue: z.string(), state: z.enum(['running', 'done', 'cancelled', 'failed']),
    from: z.enum(['ready', 'dead', 'delayed', 'deferred']), to: publishTarget.nullable(), filter: messageFilter,
    ratePerSecond: z.number().nullable(), scanned: z.int(), matched: z.int(), done: z.int(),
    refused: z.int().meta({ description: 'Messages the target did not take; they stay where they are' }),
    createdAt: timestamp, endedAt: timestamp.nullable(), problem: z.string().nullable(),
  })
  .meta({ id: 'Task', description: 'Work on many messages that a worker carries out' });
export type Task = z.output<typeof task>;

const preview = z.object({ dryRun: z.literal(true), matched: z.int(), scanned: z.int(), complete: z.boolean().meta({ description: 'false when the queue is longer than a preview looks' }), sample: z.array(browsedMessage) }).meta({ id: 'Preview' });
const started = z.object({ task });
const work = {
  filter: messageFilter.default({}),
  dryRun: z.boolean().default(false).meta({ description: 'Count and show examples, change nothing' }),
};
const ratePerSecond = z.number().min(0.1).max(100_000).optional();

export const redrive = operation({
  id: 'redrive', tag, method: 'POST', path: '/v1/queues/{queue}/redrive', permission: 'queues:operate', status: 202, statusUnchanged: 200,
  summary: 'Send dead letters back, keeping their ids', params: queuePath,
  body: z.object({ ...work, to: publishTarget.optional().meta({ description: 'Default: the queue itself' }), ratePerSecond }).strict(),
  reply: z.union([started, preview]), errors: [...queueErrors, 'exchange_not_found', 'limit_reached'],
});
export const move = operation({
  id: 'move', tag, method: 'POST', path: '/v1/queues/{queue}/move', permission: 'queues:operate', status: 202, statusUnchanged: 200,
  summary: 'Move ready messages or dead letters elsewhere, keeping their ids', params: queuePath,
  body: z.object({ ...work, state: z.enum(movableStates).default('ready'), to: publishTarget, ratePerSecond }).strict(),
  reply: z.union([started, preview]), errors: [...queueErrors, 'exchange_not_found', 'limit_reached'],
});
export const purge = operation({
  id: 'purge', tag, method: 'POST', path: '/v1/queues/{queue}/purge', permission: 'queues:purge', status: 200,
  summary: 'Remove messages; leased ones stay with their holders', params: queuePath,
  description: 'Without a filter the messages are removed before the answer (`purged`). With one, a worker removes them: the answer is a task, or with dryRun what it would remove.',
  body: z.object({ state: z.enum(['ready', 'dead', 'delayed', 'deferred']).default('ready'), filter: messageFilter.optional(), dryRun: work.dryRun }).strict(),
  reply: z.union([z.object({ purged: z.int() }), started, preview]), errors: [...queueErrors, 'limit_reached'],
});
export const listTasks = operation({
  id: 'listTasks', tag, method: 'GET', path: '/v1/tasks', permission: 'queues:read', status: 200,
  summary: 'Tasks of the last week, newest first', query: pageQuery, reply: page(task), errors: [...authErrors, 'store_unavailable', 'request_invalid', 'page_token_invalid'],
});
const taskPath = z.object({ task: z.string().max(40) });
export const getTask = operation({
  id: 'getTask', tag, method: 'GET', path: '/v1/tasks/{task}', permission: 'queues:read', status: 200,
  summary: 'One task', params: taskPath, reply: task, errors: [...authErrors, 'store_unavailable', 'task_not_found'],
});
export const cancelTask = operation({
  id: 'cancelTask', tag, method: 'DELETE', path: '/v1/tasks/{task}', permission: 'queues:operate', status: 200,
  summary: 'Stop a task; what it has done stays done', params: taskPath, reply: task, errors: [...authErrors, 'store_unavailable', 'task_not_found'],
});

export const pauseQueue = operation({
  id: 'pauseQueue', tag, method: 'POST', path: '/v1/queues/{queue}/pause', permission: 'queues:operate', status: 200,
  summary: 'Hand nothing out until it is resumed, or for a time; publishing and settling go on', params: queuePath,
  body: z.object({ seconds: z.int().min(1).max(86_400 * 366).optional().meta({ description: 'Default: until it is resumed' }) }).strict(),
  reply: z.object({ paused: z.literal(true), until: timestamp.nullable() }), errors: [...queueErrors],
});
export const resumeQueue = operation({
  id: 'resumeQueue', tag, method: 'POST', path: '/v1/queues/{queue}/resume', permission: 'queues:operate', status: 200,
  summary: 'Hand messages out again', params: queuePath, reply: z.object({ paused: z.literal(false) }), errors: [...queueErrors],
});

export const groupView = z
  .object({
    group: z.string(), messages: z.int().meta({ description: 'Waiting messages' }),
    state: z.enum(['ready', 'in_flight', 'delayed', 'parked']),
    blockedBy: z.object({ id: z.string(), holder: z.string().nullable(), until: timestamp.nullable() }).nullable().meta({ description: 'The message in flight, who has it and until when' }),
    parkedReason: z.string().nullable(),
  })
  .meta({ id: 'Group' });
export const listGroups = operation({
  id: 'listGroups', tag, method: 'GET', path: '/v1/queues/{queue}/groups', permission: 'queues:read', status: 200,
  summary: 'Groups of a fifo or fair queue, what blocks each and who holds it', params: queuePath, query: pageQuery, reply: page(groupView),
  errors: [...queueErrors, 'queue_kind_unsuitable', 'page_token_invalid'],
});
const groupBody = z.object({ group: z.string().max(128), reason: z.string().max(200).default('parked by hand') }).strict();
export const parkGroup = operation({
  id: 'parkGroup', tag, method: 'POST', path: '/v1/queues/{queue}/park', permission: 'queues:operate', status: 200,
  summary: 'Hand out nothing of one group until it is unparked; other groups go on', params: queuePath, body: groupBody, reply: groupView,
  errors: [...queueErrors, 'queue_kind_unsuitable', 'group_not_found'],
});
export const unparkGroup = operation({
  id: 'unparkGroup', tag, method: 'POST', path: '/v1/queues/{queue}/unpark', permission: 'queues:operate', status: 200,
  summary: 'Let a parked group go on; the message at its head is counted from 0 again', params: queuePath,
  body: z.object({ group: z.string().max(128) }).strict(), reply: groupView, errors: [...queueErrors, 'queue_kind_unsuitable', 'group_not_found'],
});

export const queueFigures = z
  .object({
    name: z.string(),
    ready: z.int(), leased: z.int(),
    delayed: z.int().meta({ description: 'Published or released with a delay that still runs' }),
    deferred: z.int().meta({ description: 'Set aside under a key' }), dead: z.int(),
    bytes: z.int().meta({ description: 'Bytes of all messages but the dead letters' }),
    paused: z.boolean(), activeConsumer: consumerName.nullable(), parkedGroups: z.int(),
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
