import { z } from 'zod';

const plainText = (most: number) => z.string().min(1).max(most).regex(/^[\x20-\x7e]+$/, 'must be ASCII text');

const auth = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('basic'), username: plainText(256).regex(/^[^:]+$/, 'must not contain ":"') }).describe('Basic; the secret "password" is the password.'),
    z.strictObject({ kind: z.literal('bearer') }).describe('Bearer; the secret "token" is the token.'),
    z
      .strictObject({
        kind: z.literal('oauth2'),
        tokenUrl: z.string().min(1).max(2_048).describe('Token endpoint; it is called under the same rules as the destination.'),
        clientId: plainText(256),
        scope: plainText(1_024).optional(),
        audience: plainText(1_024).optional(),
        clientAuthentication: z.enum(['basic', 'body']).default('basic').describe('Where the client id and secret are sent (RFC 6749 §2.3.1).'),
      })
      .describe('OAuth 2 client credentials; the secret "client_secret" is the secret of the client.'),
  ])
  .default({ kind: 'none' });

export const bodyFormats = ['cloudevents', 'cloudevents_binary', 'raw', 'template'] as const;

/** Settings of a webhook as people write them. */
export const webhookSettings = z.strictObject({
  url: z.string().min(1).max(2_048).describe('Where messages are sent by POST.'),
  format: z
    .enum(bodyFormats)
    .default('cloudevents')
    .describe('What is sent: a CloudEvent as JSON, a CloudEvent in headers with the body as it is, the body as it was published, or your own template.'),
  source: plainText(1_024).optional().describe('Attribute "source" of the CloudEvents; default: urn:waybill:exchange:<exchange>.'),
  template: z.json().optional().describe('JSON whose texts may name {{message.id}}, {{headers.x}}, {{body}}, {{body.a.b}} and others; only with the format "template".'),
  headers: z.record(z.string(), z.string()).default({}).describe('Further headers of each call.'),
  auth: auth.describe('How the call proves who it is, beside its signature.'),
  clientCertificate: z.boolean().default(false).describe('Whether TLS uses the secrets "client_certificate" and "client_key" (PEM).'),
  signature: z.enum(['v1', 'v1a']).default('v1').describe('Kind of signing secret that is made: v1 HMAC-SHA256, v1a ed25519.'),
  abortHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header')
    .nullable()
    .default('webhook-abort')
    .describe('A failed answer with this header and the value "true" ends the attempts for its message; null for none.'),
});
export type WebhookSettings = z.output<typeof webhookSettings>;
export type WebhookAuth = WebhookSettings['auth'];
