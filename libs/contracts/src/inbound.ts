import { z } from 'zod';
import { operation } from './operation.js';

/** The door for webhooks of others. Whoever knows the address may knock; who may enter says the signature. */
export const receiveWebhook = operation({
  id: 'receiveWebhook', tag: 'Inbound', method: 'POST', path: '/v1/in/{source}', permission: 'public', status: 202,
  summary: 'Take a webhook of a provider in: verified, published into the exchange of its source, answered when it is on disk',
  description: 'The id of the event as the provider calls it becomes the dedup id: sent again, it is stored once inside the dedup window of the queues.',
  params: z.object({ source: z.string().max(64).meta({ description: 'Id of the source', example: 'src_06f1v3' }) }),
  body: 'bytes',
  reply: z.object({ id: z.string().meta({ description: 'Id of the message' }) }),
  errors: [
    'source_not_found', 'source_paused', 'signature_invalid', 'request_body_too_large', 'exchange_not_found', 'queue_full', 'rate_limited', 'spend_cap_reached', 'quota_exceeded', 'payment_overdue',
    'store_unavailable', 'store_full', 'message_log_full', 'gateway_overloaded', 'outcome_unknown',
  ],
});
