import { IconMail, IconPlugConnected, IconRoute, IconWebhook } from '@tabler/icons-react';
import type { Draft } from './settings-draft.js';

/** How a field is shown; what is left out comes from the schema. */
export interface FieldNotes {
  readonly label?: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** Whether the field means something beside the other fields. */
  readonly shown?: (settings: Draft) => boolean;
  /** For pairs: what one is called. */
  readonly addLabel?: string;
}

/** A form laid by hand for a kind that is known here. Fields it does not name are shown after them, as the schema says. */
export interface Layout {
  readonly icon: typeof IconWebhook;
  readonly title: string;
  readonly words: string;
  /** In front, in this order. */
  readonly first: readonly string[];
  /** Behind "More", in this order; what the layout does not name comes after it. */
  readonly more?: readonly string[];
  readonly notes: Readonly<Record<string, FieldNotes>>;
  /** Secrets that the settings ask for, by name: not those the kind makes itself. */
  readonly secrets?: (settings: Draft) => readonly string[];
}

const authKind = (settings: Draft) => (settings['auth'] as Draft | undefined)?.['kind'];
const authSecrets: Readonly<Record<string, readonly string[]>> = { basic: ['password'], bearer: ['token'], oauth2: ['client_secret'] };

const webhook: Layout = {
  icon: IconWebhook,
  title: 'Webhook',
  words: 'An HTTPS call for each message, signed by the Standard Webhooks specification.',
  first: ['url', 'format', 'template'],
  more: ['source', 'headers', 'signature', 'abortHeader', 'clientCertificate', 'auth'],
  notes: {
    url: { label: 'URL', description: 'Messages are sent there by POST.', placeholder: 'https://example.com/hooks/orders' },
    format: {
      label: 'What is sent', description: 'All of them carry the headers webhook-id, webhook-timestamp and webhook-signature.',
      options: { cloudevents: 'A CloudEvent as JSON', cloudevents_binary: 'A CloudEvent in headers, the body as published', raw: 'The body as published', template: 'My own template' },
    },
    template: { description: 'JSON whose texts may name {{message.id}}, {{headers.x}}, {{body}} and {{body.a.b}}.', placeholder: '{ "text": "Order {{body.order}} arrived" }', shown: ({ format }) => format === 'template' },
    source: { label: 'CloudEvents source', description: 'Without it: urn:waybill:exchange: and the name of the exchange.', placeholder: 'https://shop.example.com', shown: ({ format }) => String(format).startsWith('cloudevents') },
    auth: {
      label: 'The call proves who it is by', description: 'Beside its signature, which is always there.',
      options: { none: 'Its signature alone', basic: 'User name and password', bearer: 'A bearer token', oauth2: 'OAuth 2 client credentials' },
    },
    'auth.username': { label: 'User name' },
    'auth.tokenUrl': { label: 'Token URL', description: 'Where a token is fetched; it is called under the same rules as the destination.', placeholder: 'https://login.example.com/oauth2/token' },
    'auth.clientId': { label: 'Client id' },
    'auth.clientAuthentication': { label: 'Client id and secret are sent', description: '', options: { basic: 'in the header, as Basic', body: 'in the form' } },
    headers: { label: 'Further headers', addLabel: 'Add header' },
    clientCertificate: { label: 'Client certificate (mutual TLS)', description: 'TLS shows a certificate of yours to the destination.' },
    signature: { label: 'Signing secret', description: 'The kind that is made for you.', options: { v1: 'HMAC-SHA256 (v1)', v1a: 'ed25519 (v1a)' } },
    abortHeader: { label: 'Header that ends the attempts', description: 'A failed answer with this header and the value “true” is the last one for its message.', placeholder: 'none' },
  },
  secrets: (settings) => [...(authSecrets[String(authKind(settings))] ?? []), ...(settings['clientCertificate'] === true ? ['client_certificate', 'client_key'] : [])],
};

const mail: Layout = {
  icon: IconMail,
  title: 'Mail',
  words: 'A mail for each message, or a digest of several.',
  first: ['to', 'subject', 'text'],
  notes: {
    to: { label: 'To', description: 'Up to 20 addresses. Each is asked once whether it wants these mails.', placeholder: 'ops@example.com' },
    subject: { description: 'Of a mail with one message. {{message.key}}, {{headers.x}} and {{body.a.b}} stand for what they name.' },
    text: { description: 'Of each message, with the same placeholders.' },
    digestSubject: { label: 'Subject of a digest', description: 'Of a mail with several messages; {{count}} is their number.' },
    from: { label: 'From', description: 'Only with a mail server of your own.', placeholder: 'waybill@example.com' },
    replyTo: { label: 'Reply to', placeholder: 'support@example.com' },
    server: { label: 'A mail server of your own' },
    'server.host': { label: 'Host', description: '', placeholder: 'smtp.example.com' },
    'server.security': { description: '', options: { tls: 'TLS from the first byte', starttls: 'STARTTLS, required', none: 'None; only without a user name' } },
    'server.username': { label: 'User name', description: '' },
  },
  secrets: (settings) => (((settings['server'] as Draft | undefined)?.['username'] ?? '') === '' ? [] : ['password']),
};

const waybill: Layout = {
  icon: IconRoute,
  title: 'Another Waybill',
  words: 'Another namespace or installation; each message is stored there exactly once.',
  first: ['url', 'exchange', 'queue', 'key'],
  notes: {
    url: { label: 'URL', description: 'Address of the other gateway.', placeholder: 'https://gateway.example.com' },
    exchange: { description: 'Published into an exchange there …', placeholder: 'events' },
    queue: { description: '… or straight into a queue.', placeholder: 'orders' },
    key: { label: 'Routing key', placeholder: 'the key of the message' },
  },
};

const layouts: Readonly<Record<string, Layout>> = { webhook, mail, waybill };

export const layoutOf = (kind: string): Layout | undefined => layouts[kind];
export const iconOf = (kind: string): typeof IconWebhook => layouts[kind]?.icon ?? IconPlugConnected;
