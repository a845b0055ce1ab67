import { z } from 'zod';
import { namespaceParams, timestamp } from './fields.js';
import { operation } from './operation.js';

export const usageRowSchema = z
  .object({
    hour: timestamp,
    dimension: z.string().meta({ description: 'What was counted', example: 'mq_messages' }),
    cause: z.string().meta({ example: 'publish' }),
    resource: z.object({ id: z.string(), kind: z.enum(['exchange', 'queue', 'namespace']), name: z.string().nullable() }),
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
