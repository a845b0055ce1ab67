import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret } from '@waybill/kernel';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** Lets a clean clone run without settings; refused in production. */
const developmentTokenSecret = 'waybill-development-data-token-secret';
const developmentSecretsKeys = `development:${Buffer.from('waybill-development-secrets-key!').toString('base64')}`;

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().positive().max(86_400);
const webUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
/** An amount in minor units: text, because no number ever holds money. */
const cents = z.string().regex(/^\d{1,15}$/, 'must be a whole number');
const secret = z.string().min(1).transform((value) => new Secret(value));
/** Newest first: the first one seals, every one opens. */
const sealingKeys = /^[a-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?(,[a-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?)*$/;
const listOf = (item: z.ZodType<string, string>) => z.string().transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(item));
/** A mail address, a domain, or `*.` and a domain for those below it. */
const mailPattern = z.string().toLowerCase().regex(/^([^\s@,*]+@)?(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a mail address, a domain, or *. and a domain');
const redisUrl = z.url({ protocol: /^rediss?$/ }).transform((value) => new Secret(value));

const frameSource = /^(self|none|https:|https?:\/\/(\*\.)?[A-Za-z0-9.-]+(:(\d{1,5}|\*))?)$/;
/** Sources of the directive frame-ancestors (CSP 3 §6.3.2), with its quotes where it has them. */
const frameAncestors = z
  .string()
  .transform((text) => text.replaceAll("'", '').split(/\s+/).filter(Boolean))
  .refine((sources) => sources.length > 0 && sources.every((source) => frameSource.test(source)) && (sources.length === 1 || !sources.includes('none')), 'must be self, none, https: or origins, separated by blanks')
  .transform((sources) => sources.map((source) => (source === 'self' || source === 'none' ? `'${source}'` : source)).join(' '));

interface SettingNotes {
  readonly description: string;
  readonly secret?: boolean;
  /** What the pages show where the default is not a value one would copy. */
  readonly shownDefault?: string;
}
const notes = new WeakMap<object, SettingNotes>();
function setting<T extends z.ZodType>(schema: T, description: string, more: Omit<SettingNotes, 'description'> = {}): T {
  notes.set(schema, { description, ...more });
  return schema;
}

/**
 * Every setting of every process. The environment variable is the property's name in upper snake case
 * (`gatewayPort` is `GATEWAY_PORT`); durations and sizes end in their unit.
 */
export const configSchema = z
  .object({
    nodeEnv: setting(z.enum(['development', 'test', 'production']).default('development'), 'What this process is for; production refuses unsafe settings.'),
    databaseUrl: setting(secret.prefault('postgresql://waybill@127.0.0.1:5432/waybill'), 'PostgreSQL as the runtime role, a member of waybill_runtime that owns no table.', { secret: true }),
    databaseAdminUrl: setting(secret.optional(), 'PostgreSQL as the owner of the tables; only migrations use it.', { secret: true }),
    redisUrl: setting(redisUrl.prefault('redis://127.0.0.1:6379'), 'Redis or Valkey that holds the live messages.', { secret: true }),
    jobsRedisUrl: setting(redisUrl.optional(), "Redis or Valkey of the worker's own jobs.", { secret: true, shownDefault: 'the value of REDIS_URL' }),
    host: setting(z.string().min(1).default('127.0.0.1'), 'Address the processes listen on.'),
    controlPlanePort: setting(port.default(3000), 'Port of the control plane and the console.'),
    gatewayPort: setting(port.default(3001), 'Port of the gateway.'),
    workerPort: setting(port.default(3002), "Port of the worker's health and metrics."),
    publicUrl: setting(webUrl.prefault('http://localhost:3000'), 'Where people reach the console; with https, cookies are Secure and HSTS is sent.'),
    gatewayPublicUrl: setting(webUrl.prefault('http://localhost:3001'), 'Where applications and the console reach the gateway.'),
    dataTokenSecret: setting(
      z.string().min(32, 'must have at least 32 characters').prefault(developmentTokenSecret).transform((value) => new Secret(value)),
      'Signs the short-lived tokens with which the console calls the gateway, portal links, and the links in mails of subscriptions: at least 32 characters, the same for every process; required in production.',
      { secret: true, shownDefault: 'a development value, refused in production' },
    ),
    secretsKeys: setting(
      z.string().regex(sealingKeys, 'must be <id>:<base64 of 32 bytes>, several with commas').prefault(developmentSecretsKeys).transform((value) => new Secret(value)),
      'Keys that encrypt the secrets of destinations and sources, `<id>:<base64 of 32 bytes>` with commas: the first one encrypts, the others still decrypt what was encrypted before; required in production.',
      { secret: true, shownDefault: 'a development value, refused in production' },
    ),
    egressAllow: setting(
      listOf(z.union([z.cidrv4(), z.cidrv6()])).prefault(''),
      'Networks that calls to destinations may reach although they are not public, as CIDR with commas: for private installations. Refused in production unless EGRESS_ALLOW_IN_PRODUCTION is true.',
      { shownDefault: 'no network' },
    ),
    egressAllowInProduction: setting(z.stringbool().default(false), 'Whether EGRESS_ALLOW is meant in production too.'),
    egressPorts: setting(listOf(z.string().regex(/^\d{1,5}(-\d{1,5})?$/, 'must be ports or ranges')).prefault(''), 'Ports that calls to destinations may use beside 80 and 443: numbers or ranges (`8000-8999`) with commas.', { shownDefault: 'no other port' }),
    smtpUrl: setting(
      z.url({ protocol: /^smtps?$/ }).transform((value) => new Secret(value)).optional(),
      'Mail server of the installation: `smtp://<user>:<password>@<host>:587` or `smtps://…:465`. Without it mail destinations need a server of their own, and notices are logged only.',
      { secret: true },
    ),
    mailFrom: setting(z.string().min(3).max(320).regex(/^[^\r\n]+$/).default('Waybill <waybill@localhost>'), 'Sender of the mails of this installation.'),
    mailAllow: setting(listOf(mailPattern).prefault(''), 'Who gets mails of subscriptions without having confirmed the address: addresses, domains, or `*.<domain>`, with commas.', { shownDefault: 'nobody' }),
    mailDeny: setting(listOf(mailPattern).prefault(''), 'Who gets no mails of subscriptions, whatever MAIL_ALLOW says: addresses, domains, or `*.<domain>`, with commas.', { shownDefault: 'nobody' }),
    portalFrameAncestors: setting(
      frameAncestors.prefault('self'),
      'Which pages may hold the portal in a frame, separated by blanks: `self`, `none`, `https:`, or origins like `https://app.example.com` and `https://*.example.com`. No other page may be framed.',
    ),
    consoleDir: setting(z.string().default(path.join(repository, 'apps/console/dist')), 'Folder of the built console.', { shownDefault: 'apps/console/dist' }),
    logLevel: setting(z.enum(['debug', 'info', 'warn', 'error']).default('info'), 'Least important log line that is written.'),
    inlineLimitBytes: setting(z.coerce.number().int().min(1).max(16_777_216).default(1_048_576), 'Largest message body that is kept in Redis, in bytes; longer ones go to the body store.'),
    largeLimitBytes: setting(z.coerce.number().int().min(1).max(104_857_600).default(104_857_600), 'Largest message body of all, in bytes.'),
    bodyStoreUrl: setting(
      z.url({ protocol: /^(file|s3)$/ }).transform((value) => new Secret(value)).optional(),
      'Where bodies above the inline limit are kept: `file:///<folder shared by all gateways and workers>` or `s3://<key id>:<secret>@<endpoint>/<bucket>?region=<region>`. Without it they are refused.',
      { secret: true },
    ),
    exportFolder: setting(
      z.string().refine((value) => path.isAbsolute(value), 'must be an absolute path').optional(),
      'Folder below which finance may have scheduled exports written, shared by control planes and workers. Without it only buckets can be targets.',
    ),
    rateLimitKeyPerSecond: setting(z.coerce.number().int().min(0).max(10_000_000).default(0), 'Calls to the gateways per second and API key, further messages of a batch counting as calls; 0 for no limit.'),
    rateLimitNamespacePerSecond: setting(z.coerce.number().int().min(0).max(10_000_000).default(0), 'The same for all callers of a namespace together; 0 for no limit.'),
    usageDrainSeconds: setting(seconds.default(10), 'How often open usage counters are moved into the ledger.'),
    periodCloseSeconds: setting(seconds.default(300), 'How often the worker looks for months to close.'),
    reclaimSeconds: setting(seconds.default(1), 'How often the worker looks for leases and delays that ended.'),
    messageLogLimitBytes: setting(
      z.coerce.number().int().min(1_048_576).max(17_179_869_184).default(268_435_456),
      "Bytes of a namespace's message log that may wait in Redis for the worker; above it publishing answers 503.",
    ),
    messageLogRetentionDays: setting(z.coerce.number().min(1).max(3_660).default(30), 'How long the message log is kept in the database.'),
    billingDefaultPlan: setting(z.enum(['free', 'payg', 'team', 'business']).default('payg'), 'Plan of a tenant that never chose one.'),
    billingReviewAboveCents: setting(cents.default('1000000'), 'Drafts above this total, in minor units, wait for a person of finance; the others are finalized when their hours are sealed.'),
    financeTwoPersonCents: setting(cents.default('100000'), 'Up to this amount, in minor units, one person of finance is enough for a payment, credit, credit note or finalization; above it another one approves.'),
    financeOperators: setting(
      listOf(z.string().regex(/^[^\s:,]+@[^\s:,]+:(finance|finance_approver|support)$/, 'must be <address>:<role> with a role of finance, finance_approver or support')).prefault(''),
      'People who run the finance of this installation, `<address>:<role>` with commas; roles: finance, finance_approver, support. They sign up first: a role is given to accounts that exist at start.',
      { shownDefault: 'nobody' },
    ),
    pushAttemptLimitBytes: setting(
      z.coerce.number().int().min(65_536).max(17_179_869_184).default(67_108_864),
      "Bytes of a namespace's push attempts that may wait in Redis for the worker; above it its subscriptions wait.",
    ),
    pushAttemptRetentionDays: setting(z.coerce.number().min(7).max(3_660).default(30), 'How long push attempts are kept in the database.'),
    stripeSecretKey: setting(secret.optional(), 'Secret key of Stripe. Without it billing runs whole on the local ledger, and invoices are paid by bank transfer.', { secret: true }),
    stripeApiBase: setting(webUrl.optional(), 'Another place than Stripe that speaks its API, such as the double of a demonstration.'),
    stripeWebhookSecret: setting(
      listOf(z.string().startsWith('whsec_', 'must begin with whsec_')).prefault('').transform((values) => values.map((value) => new Secret(value))),
      'Signing secrets of the webhook endpoint and of the event destination, with commas; several while one is replaced.', { secret: true, shownDefault: 'none' },
    ),
    stripeAutomaticTax: setting(
      z.stringbool().default(false),
      'Whether Stripe computes tax: Checkout asks for address and tax id, and every invoice made there carries automatic tax. Set up Stripe Tax there first. Without Stripe no tax is computed.',
    ),
    demonstration: setting(z.stringbool().default(false), 'Whether this installation is a demonstration: its clock is moved by hand, so billing jobs run every two seconds; refused in production.'),
    trustProxy: setting(z.stringbool().default(false), 'Whether X-Forwarded-For and X-Forwarded-Proto are believed; only behind a proxy that sets them.'),
    metrics: setting(z.stringbool().default(true), 'Whether /metrics answers.'),
  })
  .superRefine((config, context) => {
    if (config.nodeEnv === 'production' && config.dataTokenSecret.reveal() === developmentTokenSecret) {
      context.addIssue({ code: 'custom', path: ['dataTokenSecret'], message: 'is required in production' });
    }
    if (config.nodeEnv === 'production' && config.secretsKeys.reveal() === developmentSecretsKeys) {
      context.addIssue({ code: 'custom', path: ['secretsKeys'], message: 'is required in production' });
    }
    if (config.nodeEnv === 'production' && config.egressAllow.length > 0 && !config.egressAllowInProduction) {
      context.addIssue({ code: 'custom', path: ['egressAllow'], message: 'lets calls reach networks that are not public; set EGRESS_ALLOW_IN_PRODUCTION=true if that is meant' });
    }
  })
  .superRefine((config, context) => {
    if (config.nodeEnv === 'production' && config.demonstration) context.addIssue({ code: 'custom', path: ['demonstration'], message: 'is not for production' });
    if (config.stripeSecretKey !== undefined && config.stripeWebhookSecret.length === 0) context.addIssue({ code: 'custom', path: ['stripeWebhookSecret'], message: 'is required with STRIPE_SECRET_KEY' });
    if (config.stripeSecretKey === undefined && config.stripeAutomaticTax) context.addIssue({ code: 'custom', path: ['stripeAutomaticTax'], message: 'needs STRIPE_SECRET_KEY: Stripe computes the tax' });
  })
  .transform((config) => ({ ...config, jobsRedisUrl: config.jobsRedisUrl ?? config.redisUrl }));

export type Config = z.output<typeof configSchema>;

export interface Setting {
  readonly key: keyof Config;
  /** Environment variable. */
  readonly name: string;
  readonly description: string;
  readonly secret: boolean;
  /** As the pages show it; null when the setting is optional. */
  readonly shownDefault: string | null;
}

const fields = configSchema.in.shape;

/** Every setting in the order of the pages. */
export const settings: readonly Setting[] = Object.entries(fields).map(([key, schema]) => {
  const { description, secret = false, shownDefault } = notes.get(schema) ?? { description: '' };
  return { key: key as keyof Config, name: variableOf(key), description, secret, shownDefault: shownDefault ?? defaultOf(schema) };
});

/** Every fault of the configuration, so that one start tells them all. Values are not repeated: they may be secret. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads the environment; an empty variable counts as absent. Throws ConfigError with all faults at once. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(settings.flatMap(({ key, name }) => (env[name] ? [[key, env[name]]] : [])));
  const parsed = configSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${variableOf(String(issue.path[0]))} ${issue.message}`));
}

/** The configuration as it may be logged at start: by variable, secrets masked. */
export function describeConfig(config: Config): Record<string, string | number | boolean | null> {
  return Object.fromEntries(
    settings.map(({ key, name }) => {
      const value = config[key];
      return [name, value instanceof Secret || Array.isArray(value) ? String(value) : (value ?? null)];
    }),
  );
}

function variableOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function defaultOf(schema: z.ZodType): string | null {
  const definition = schema.def as { type: string; defaultValue?: unknown };
  return definition.type === 'default' || definition.type === 'prefault' ? String(definition.defaultValue) : null;
}
