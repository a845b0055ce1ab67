import { z } from 'zod';
import { authErrors } from './data-errors.js';
import { resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Message log';

/** What can happen to a message. `returned`: its lease ran out and it is ready again. */
export const messageEvents = [
  'published', 'routed', 'duplicate', 'refused', 'leased', 'released', 'returned', 'extended', 'deferred', 'accepted', 'dead', 'moved', 'purged',
] as const;
export type MessageEvent = (typeof messageEvents)[number];

export const loggedEvent = z
  .object({
    at: timestamp, event: z.enum(messageEvents), messageId: z.string().nullable().meta({ description: 'Null when a queue was purged as a whole' }),
    queue: z.string().nullable().meta({ description: 'Name, or id when the queue is gone' }), queueId: z.string().nullable(),
    exchange: z.string().nullable(), key: z.string().nullable().meta({ description: 'Routing key, on "published" and "moved"' }),
    bytes: z.int().nullable().meta({ description: 'On "published": body, properties and headers, as metered' }), deliveries: z.int().nullable(),
    holder: z.string().nullable().meta({ description: 'leased: who took it; published: id of the key it was published with' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'LoggedEvent' });
export type LoggedEvent = z.output<typeof loggedEvent>;

const logErrors = [...authErrors, 'store_unavailable', 'database_unavailable', 'request_invalid', 'message_log_off'] as const;
const lag = timestamp.nullable().meta({ description: 'Everything up to this moment is in the log; null when nothing was logged yet' });

export const getMessageTimeline = operation({
  id: 'getMessageTimeline', tag, method: 'GET', path: '/v1/messages/{id}', permission: 'messages:read', status: 200,
  summary: 'What happened to one message, in order', params: z.object({ id: z.string().max(32) }),
  reply: z.object({ id: z.string(), events: z.array(loggedEvent), completeUntil: lag }), errors: [...logErrors, 'message_not_found'],
});
export const searchMessageLog = operation({
  id: 'searchMessageLog', tag, method: 'GET', path: '/v1/messages', permission: 'messages:read', status: 200,
  summary: 'Search what happened, newest first. A page may be short, even empty, while "next" says that there is more',
  query: z.object({
    queue: resourceName.optional(), key: z.string().max(255).optional().meta({ description: 'Routing key of what was published, moved or routed; a trailing "*" matches any end' }), event: z.enum(messageEvents).optional(),
    from: timestamp.optional(), to: timestamp.optional(), limit: z.coerce.number().int().min(1).max(500).default(100), after: z.string().max(200).optional(),
  }),
  reply: z.object({ items: z.array(loggedEvent), next: z.string().nullable(), completeUntil: lag }), errors: [...logErrors, 'page_token_invalid', 'queue_not_found'],
});
