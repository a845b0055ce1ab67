import type { DestinationKind, Secrets, Sender } from '../../destination.js';
import { checkedHeaders } from '../../egress/headers.js';
import { refusedAsProblem } from '../../egress/open-egress.js';
import type { EgressGuard } from '../../egress/guard.js';
import { newSigningSecret, publicKeyTextOf, signingKeyOf } from '../../signing/signing-key.js';
import { openedOrRefusing } from '../refusing-sender.js';
import { payloadWriter } from './body.js';
import { WebhookSender } from './webhook-sender.js';
import { webhookSettings } from './webhook-settings.js';
import type { WebhookSettings } from './webhook-settings.js';

/** HTTPS calls signed by Standard Webhooks. */
export class WebhookKind implements DestinationKind<WebhookSettings> {
  readonly kind = 'webhook';
  readonly title = 'Webhook';
  readonly settings = webhookSettings;
  readonly secrets = [
    {
      name: 'signing', description: 'Signs each call: whsec_… (HMAC-SHA256) or whsk_… (ed25519).',
      generate: ({ signature }: WebhookSettings) => newSigningSecret(signature), check: signingKeyOf, publicPart: publicKeyTextOf,
    },
    { name: 'password', description: 'Password of basic authentication.' },
    { name: 'token', description: 'Bearer token.' },
    { name: 'client_secret', description: 'Secret of the OAuth 2 client.' },
    { name: 'client_certificate', description: 'Client certificate, PEM, with its chain.' },
    { name: 'client_key', description: 'Private key of the client certificate, PEM.' },
  ];

  constructor(private readonly guard: EgressGuard) {}

  unavailable(): string | null {
    return null;
  }

  /** Fails with `egress_refused` for an address or header, `setting_invalid` for a template. */
  async check(settings: WebhookSettings): Promise<void> {
    payloadWriter(settings);
    await refusedAsProblem('headers', () => checkedHeaders(settings.headers));
    await refusedAsProblem('url', () => this.guard.addressesOf(this.guard.policy.url(settings.url).hostname));
    const { auth } = settings;
    if (auth.kind === 'oauth2') await refusedAsProblem('auth.tokenUrl', () => this.guard.addressesOf(this.guard.policy.url(auth.tokenUrl).hostname));
  }

  open(settings: WebhookSettings, secrets: Secrets): Sender {
    return openedOrRefusing(() => new WebhookSender(this.guard, settings, secrets));
  }
}
