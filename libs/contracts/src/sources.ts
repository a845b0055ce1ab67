import { z } from 'zod';
import { bodyErrors, readErrors, writeErrors } from './call-errors.js';
import { namespaceParams, page, pageQuery, resourceName, timestamp } from './fields.js';
import { operation } from './operation.js';

const tag = 'Sources';

const base = '/api/v1/namespaces/{namespace}/sources';
const one = `${base}/{source}`;
export const sourceParams = namespaceParams.extend({ source: resourceName });

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/).transform((name) => name.toLowerCase()).meta({ description: 'Name of a header' });
const tolerance = z.int().min(1).max(3_600).default(300).meta({ description: 'How far the time of a call may be from ours; what is older is refused as a replay' });

/** Who signs, and how. */
export const sourceScheme = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('standard'), toleranceSeconds: tolerance }).meta({ description: 'Standard Webhooks; secrets whsec_… or whpk_…' }),
    z.strictObject({ kind: z.literal('github') }).meta({ description: 'X-Hub-Signature-256' }),
    z.strictObject({ kind: z.literal('stripe'), toleranceSeconds: tolerance }).meta({ description: 'Stripe-Signature' }),
    z
      .strictObject({
        kind: z.literal('hmac'),
        header: headerName,
        prefix: z.string().max(32).default('').meta({ description: 'What stands before the signature in its header', example: 'sha256=' }),
        encoding: z.enum(['hex', 'base64']).default('hex'),
        algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
        timestampHeader: headerName.optional().meta({ description: 'Header with the time in seconds; then "<time>.<body>" is signed' }),
        toleranceSeconds: tolerance,
        idHeader: headerName.optional().meta({ description: 'Header with the id of the event, against duplicates' }),
      })
      .meta({ description: 'An HMAC of the body in a header' }),
  ])
  .meta({ id: 'SourceScheme' });
export type SourceScheme = z.output<typeof sourceScheme>;

const sourceSecret = z
  .object({ id: z.string(), createdAt: timestamp, liveUntil: timestamp.nullable().meta({ description: 'null: until it is revoked' }) })
  .meta({ id: 'SourceSecret' });
const secretValue = z.string().min(8).max(1_024);
export const sourceSchema = z
  .object({
    id: z.string(), name: resourceName, description: z.string(),
    url: z.string().meta({ description: 'Where the provider sends to' }),
    exchange: resourceName, key: z.string().meta({ description: 'Template of the routing key' }), scheme: sourceScheme,
    keepHeaders: z.array(z.string()), paused: z.boolean(), secrets: z.array(sourceSecret), createdAt: timestamp, changedAt: timestamp,
  })
  .meta({ id: 'Source' });
export type Source = z.output<typeof sourceSchema>;
const shownSourceSecret = sourceSecret.extend({ value: z.string().meta({ description: 'Shown once' }) }).meta({ id: 'ShownSourceSecret' });
export type ShownSourceSecret = z.output<typeof shownSourceSecret>;

export const listSources = operation({
  id: 'listSources', tag, method: 'GET', path: base, permission: 'sources:read', status: 200,
  summary: 'Sources by name', params: namespaceParams, query: pageQuery, reply: page(sourceSchema), errors: [...readErrors, 'request_invalid'],
});
export const getSource = operation({
  id: 'getSource', tag, method: 'GET', path: one, permission: 'sources:read', status: 200,
  summary: 'One source', params: sourceParams, reply: sourceSchema, errors: [...readErrors, 'name_invalid', 'source_not_found'],
});
export const refusalReasons = ['unsigned', 'untimely', 'unmatched', 'too_many'] as const;
export const sourceRefusals = z
  .object({
    calls: z.int().meta({ description: 'Calls that were not let in, counted on as long as one is refused within 30 days; they show within two seconds' }), lastAt: timestamp.nullable(),
    lastReason: z.enum(refusalReasons).nullable().meta({ description: 'unsigned: no signature; untimely: its time is outside the tolerance; unmatched: no live secret signed it so; too_many: its address was refused too often within a minute, and the call was not read' }),
  })
  .meta({ id: 'SourceRefusals' });
export type SourceRefusals = z.output<typeof sourceRefusals>;
export const getSourceRefusals = operation({
  id: 'getSourceRefusals', tag, method: 'GET', path: `${one}/refusals`, permission: 'sources:read', status: 200,
  summary: 'How many calls were refused at a source, and why the last one', params: sourceParams, reply: sourceRefusals, errors: [...readErrors, 'name_invalid', 'source_not_found', 'store_unavailable'],
});
export const putSource = operation({
  id: 'putSource', tag, method: 'PUT', path: one, permission: 'sources:write', status: 201, statusUnchanged: 200,
  summary: 'Create a source, or give it these settings: those left out are as usual',
  description:
    'A new source needs the secret that its provider signs with; for Standard Webhooks one is made when none is given, and is shown in this answer only. ' +
    'Of a source that exists, secrets change by their own calls. Its address stays.',
  params: sourceParams,
  body: z
    .object({
      exchange: resourceName,
      key: z.string().min(1).max(255).meta({ description: 'Routing key; {{header:<name>}} and {{body:<path>}} stand for what the call brings', example: 'github.{{header:x-github-event}}' }),
      scheme: sourceScheme,
      description: z.string().max(200).default(''),
      keepHeaders: z.array(headerName).max(16).default([]).meta({ description: 'Headers of the call that the message keeps' }),
      paused: z.boolean().default(false),
      secret: secretValue.optional(),
    })
    .strict(),
  reply: sourceSchema.extend({ secret: shownSourceSecret.nullable().meta({ description: 'The one that was made; shown once' }) }).meta({ id: 'SourceWithSecret' }),
  errors: [...writeErrors, ...bodyErrors, 'name_invalid', 'setting_invalid', 'text_invalid', 'exchange_not_found', 'limit_reached', 'topology_not_published'],
});
export const deleteSource = operation({
  id: 'deleteSource', tag, method: 'DELETE', path: one, permission: 'sources:write', status: 204,
  summary: 'Delete a source; its address answers 404 from then on', params: sourceParams, errors: [...writeErrors, 'name_invalid', 'source_not_found', 'topology_not_published'],
});
export const addSourceSecret = operation({
  id: 'addSourceSecret', tag, method: 'POST', path: `${one}/secrets`, permission: 'sources:write', status: 201,
  summary: 'Add a secret and let the older ones run out', params: sourceParams,
  body: z.object({ value: secretValue.optional(), graceSeconds: z.int().min(0).max(604_800).default(86_400).meta({ description: 'How long the older ones are still taken' }) }).strict(),
  reply: shownSourceSecret, errors: [...writeErrors, ...bodyErrors, 'name_invalid', 'setting_invalid', 'source_not_found', 'limit_reached', 'topology_not_published'],
});
export const revokeSourceSecret = operation({
  id: 'revokeSourceSecret', tag, method: 'DELETE', path: `${one}/secrets/{secret}`, permission: 'sources:write', status: 204,
  summary: 'Revoke a secret at once', params: sourceParams.extend({ secret: z.string().max(64) }),
  errors: [...writeErrors, 'name_invalid', 'source_not_found', 'secret_not_found', 'secret_last', 'topology_not_published'],
});
