import { z } from 'zod';
import { namespaceParams, resourceKind, timestamp } from './fields.js';
import { operation } from './operation.js';

export const usageRowSchema = z
  .object({
    hour: timestamp,
    dimension: z.string().meta({ description: 'What was counted', example: 'mq_messages' }),
    cause: z.string().meta({ example: 'publish' }),
    resource: z.object({ id: z.string(), kind: resourceKind, name: z.string().nullable() }),
    quantity: z.string().meta({ description: 'An integer as text: it can exceed 2^53' }),
  })
  .meta({ id: 'UsageRow' });
export type UsageRow = z.output<typeof usageRowSchema>;

export const getUsage = operation({
  id: 'getUsage', tag: 'Usage', method: 'GET', path: '/api/v1/namespaces/{namespace}/usage', permission: 'usage:read', status: 200,
  summary: 'Hourly usage from the ledger; a message shows within seconds of being counted', params: namespaceParams,
  query: z.object({
    from: timestamp.optional().meta({ description: 'First hour; default: the start of today, UTC' }),
    to: timestamp.optional().meta({ description: 'Before this hour; default: the end of the current hour' }),
  }),
  reply: z
    .object({
      asOf: timestamp.meta({ description: 'Everything counted before this moment is included' }),
      totals: z.record(z.string(), z.string()).meta({ description: 'Sum per dimension' }),
      rows: z.array(usageRowSchema),
    })
    .meta({ id: 'Usage' }),
  errors: ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing', 'namespace_not_found', 'request_invalid'],
});

const quantity = z.string().meta({ description: 'An integer as text: it can exceed 2^53' });
const readErrors = ['auth_required', 'session_expired', 'api_key_invalid', 'api_key_revoked', 'api_key_expired', 'permission_missing', 'namespace_not_found', 'request_invalid'] as const;

const evidenceSchema = z
  .object({
    kept: z.enum(['messages', 'partial', 'records']).meta({ description: 'Over the ids of the messages; over those the log still had; over the records, because there was no log' }),
    messages: quantity, bytes: quantity,
    units: z.record(z.string(), quantity).meta({ description: 'What the hour was counted again to when it was sealed, by dimension; one that is missing could not be' }),
    sha256: z.string().meta({ description: 'SHA-256 over the sorted message ids, each followed by a line feed; of `records`: over the sorted lines `dimension|cause|resource=quantity`' }),
  })
  .meta({ id: 'UsageEvidence' });

export const drillDownItem = z
  .object({
    id: z.string().meta({ description: 'Dimension, namespace, resource or message; of a day or hour its start' }),
    name: z.string().nullable().meta({ description: 'Of a queue or exchange, also of one that is gone; of a subscription that exists' }),
    quantity,
    cause: z.string().optional(),
    revision: z.int().optional().meta({ description: 'Of an hour: how many batches went into it' }),
    sealedBy: z.string().nullable().optional().meta({ description: 'Of an hour: watermark or deadline; null while it is not sealed' }),
    message: z
      .object({ at: timestamp, bytes: z.int().nullable(), key: z.string().nullable(), exchanges: z.array(z.string()), queues: z.array(z.string()), publishedBy: z.string().nullable() })
      .optional(),
    delivery: z.object({ at: timestamp, holder: z.string().nullable() }).optional().meta({ description: 'Of `mq_kib_out`: the first hand-out of a message; the quantity is its size in KiB' }),
    attempt: z
      .object({
        at: timestamp.meta({ description: 'When its outcome was settled: the hour it is counted in' }), startedAt: timestamp, message: z.string(), attempt: z.int(), durationMs: z.int(),
        outcome: z.string().meta({ example: 'delivered' }), status: z.int().nullable(), reason: z.string().nullable(), messages: z.int().meta({ description: 'How many messages the call carried' }),
        destination: z.string().nullable().meta({ description: 'Kind and host of the subscription as it is now; null when it is gone', example: 'webhook shop.example.com' }),
      })
      .optional(),
    lifetime: z
      .object({
        name: z.string(), createdAt: timestamp, deletedAt: timestamp.nullable(),
        countedFrom: timestamp.meta({ description: 'First moment of the hour that its minutes count from: later than its start while a minute of an earlier one of its name was paid' }),
      })
      .optional(),
    sample: z.object({ at: timestamp.meta({ description: 'When it was measured' }), bytes: quantity }).optional(),
  })
  .meta({ id: 'UsageDrillDownItem' });

export const drillDownUsage = operation({
  id: 'drillDownUsage', tag: 'Usage', method: 'GET', path: '/api/v1/usage/drill-down', permission: 'usage:read', status: 200,
  summary: 'From a dimension down to the facts behind it, a level at a time; each level adds up to the item above it exactly',
  description:
    'The level is the first of namespaces, resources, days, hours and the facts of an hour that the query does not name: `dimension` gives namespaces, with `namespace` resources, with `resource` days, with `day` hours, with `hour` facts; ' +
    'without `dimension`, dimensions. Facts are messages, first deliveries (`mq_kib_out`), attempts, lifetimes or a sample; where there are none, `endsAtHour` says why and `evidence` is what was kept.',
  query: z.object({
    from: z.iso.date().meta({ description: 'First day, UTC' }), to: z.iso.date().meta({ description: 'Before this day' }),
    dimension: z.string().max(40).optional(), namespace: z.string().max(60).optional(), resource: z.string().max(64).optional(), day: z.iso.date().optional(), hour: timestamp.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100), after: z.string().max(80).optional().meta({ description: '"next" of the previous page' }),
  }),
  reply: z
    .object({
      level: z.enum(['dimensions', 'namespaces', 'resources', 'days', 'hours', 'messages', 'deliveries', 'attempts', 'lifetimes', 'samples']),
      total: quantity.nullable().meta({ description: 'Of the whole level, not of the page; null for dimensions' }),
      items: z.array(drillDownItem), next: z.string().nullable(),
      endsAtHour: z.enum(['not_by_message', 'log_off', 'log_expired', 'not_kept']).nullable().meta({
        description: 'not_by_message: nothing is kept of it. log_off: the namespace kept no log. log_expired: what was kept is not kept that long. not_kept: the hour is from before it was kept',
      }),
      evidence: evidenceSchema.nullable(),
    })
    .meta({ id: 'UsageDrillDown' }),
  errors: [...readErrors, 'page_token_invalid'],
});

export const reconcileUsage = operation({
  id: 'reconcileUsage', tag: 'Usage', method: 'GET', path: '/api/v1/namespaces/{namespace}/usage/reconciliation', permission: 'usage:read', status: 200,
  summary: 'One hour counted again: from message log, attempts, lifetimes and samples, against records and entries, with the cause of every difference', params: namespaceParams,
  query: z.object({ hour: timestamp.meta({ description: 'Start of the hour' }) }),
  reply: z
    .object({
      hour: timestamp, state: z.enum(['sealed', 'not_sealed']),
      counted: z.enum(['log', 'log_behind', 'log_off']).meta({ description: 'Whether the message log was counted; if not, records and entries alone are compared' }),
      recounts: z
        .array(
          z.object({
            dimension: z.string(),
            state: z.enum(['counted', 'behind', 'open', 'log_off', 'expired', 'not_kept']).meta({
              description: 'behind: not all of it is stored yet. open: the hour is not booked yet. expired: counted when the hour was sealed, and gone since. not_kept: the hour is before `since`',
            }),
            since: timestamp.nullable().meta({ description: 'First hour that can be counted again; null: every hour' }),
          }),
        )
        .meta({ description: 'Whether each dimension was counted again' }),
      differences: z.array(
        z.object({
          dimension: z.string(), cause: z.string(), resourceId: z.string(), log: quantity.nullable(), record: quantity, entries: quantity, late: quantity,
          why: z.enum(['late', 'lost_counter', 'lost_log', 'log_behind', 'ledger_changed']),
        }),
      ),
      evidence: evidenceSchema.nullable(),
    })
    .meta({ id: 'UsageReconciliation' }),
  errors: readErrors,
});
