import type { SourceScheme } from '@waybill/contracts';
import type { JsonSchema } from '../destinations/json-schema.js';
import type { FieldNotes } from '../destinations/layouts.js';

type Kind = SourceScheme['kind'];

const tolerance: JsonSchema = { type: 'integer', minimum: 1, maximum: 3_600, default: 300 };
const header: JsonSchema = { type: 'string', maxLength: 128, pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" };
const scheme = (kind: Kind, properties: Readonly<Record<string, JsonSchema>> = {}, required: readonly string[] = []): JsonSchema => ({ type: 'object', properties: { kind: { const: kind }, ...properties }, required: ['kind', ...required] });

/** The settings of a source's scheme as a form: the contract's, with `{scheme}` around them. */
export const schemeSchema: JsonSchema = {
  type: 'object',
  required: ['scheme'],
  properties: {
    scheme: {
      default: { kind: 'standard' },
      oneOf: [
        scheme('standard', { toleranceSeconds: tolerance }),
        scheme('github'),
        scheme('stripe', { toleranceSeconds: tolerance }),
        scheme('hmac', {
          header, prefix: { type: 'string', maxLength: 32 }, encoding: { type: 'string', enum: ['hex', 'base64'], default: 'hex' }, algorithm: { type: 'string', enum: ['sha256', 'sha512'], default: 'sha256' },
          timestampHeader: header, toleranceSeconds: tolerance, idHeader: header,
        }, ['header']),
      ],
    },
  },
};

export const schemeNotes: Readonly<Record<string, FieldNotes>> = {
  scheme: { label: 'Who sends, and how it signs', options: { standard: 'Anyone by Standard Webhooks', github: 'GitHub', stripe: 'Stripe', hmac: 'Someone else, by an HMAC in a header' } },
  'scheme.toleranceSeconds': { label: 'Clocks may differ by, in seconds', description: 'What is older is refused as a replay.' },
  'scheme.header': { label: 'Header with the signature', placeholder: 'x-signature' },
  'scheme.prefix': { label: 'Before the signature', description: 'What stands in front of it in its header.', placeholder: 'sha256=' },
  'scheme.encoding': { options: { hex: 'hex', base64: 'base64' } },
  'scheme.algorithm': { options: { sha256: 'SHA-256', sha512: 'SHA-512' } },
  'scheme.timestampHeader': { label: 'Header with the time', description: 'In seconds; then “time.body” is signed. Empty: the body alone.', placeholder: 'none' },
  'scheme.idHeader': { label: 'Header with the id of the event', description: 'Against duplicates.', placeholder: 'none' },
};

export const schemeWords: Readonly<Record<Kind, string>> = { standard: 'Standard Webhooks', github: 'GitHub', stripe: 'Stripe', hmac: 'HMAC in a header' };

/** A routing key that makes sense for who sends. */
export const usualKeys: Readonly<Record<Kind, string>> = { standard: '{{body:type}}', github: 'github.{{header:x-github-event}}', stripe: 'stripe.{{body:type}}', hmac: 'incoming' };

/** Where the provider shows the secret, or takes it. */
export const secretHints: Readonly<Record<Kind, string>> = {
  standard: 'whsec_… or whpk_… of the sender. Leave it empty and Waybill makes one to give to the sender.',
  github: 'The secret that you enter at GitHub beside the URL.',
  stripe: 'The signing secret whsec_… that Stripe shows for the endpoint.',
  hmac: 'The key that the sender signs with.',
};
