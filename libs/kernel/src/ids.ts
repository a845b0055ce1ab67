import { randomBytes } from 'node:crypto';

/** What each prefix names; the prefix is part of the id and never changes. */
export const idPrefixes = {
  tenant: 'tnt',
  user: 'usr',
  namespace: 'ns',
  exchange: 'x',
  queue: 'q',
  binding: 'b',
  session: 'ses',
  usageBatch: 'ub',
  adjustment: 'adj',
  request: 'req',
  task: 'tsk',
  subscription: 'sub',
  attempt: 'att',
  source: 'src',
  portalLink: 'plk',
  secret: 'sec',
  priceBook: 'pb',
  invoice: 'inv',
  invoiceLine: 'il',
  creditGrant: 'cg',
  creditEntry: 'ce',
  creditNote: 'cn',
  payment: 'pay',
  refund: 'rf',
  approval: 'apr',
  billingEvent: 'be',
  billingMail: 'bm',
  exportSchedule: 'exs',
  exportTurn: 'ext',
  mailRequest: 'mrq',
} as const;

export type IdKind = keyof typeof idPrefixes;
export type Id<K extends IdKind = IdKind> = string & { readonly __id: K };
export type TenantId = Id<'tenant'>;
export type NamespaceId = Id<'namespace'>;
export type QueueId = Id<'queue'>;
export type ExchangeId = Id<'exchange'>;
export type SubscriptionId = Id<'subscription'>;
export type AttemptId = Id<'attempt'>;
export type PriceBookId = Id<'priceBook'>;
export type InvoiceId = Id<'invoice'>;
export type InvoiceLineId = Id<'invoiceLine'>;

/** Crockford base 32: no I, L, O or U, so that an id survives being read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
      value &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

const idBytes = 16;
const timeBytes = 6;
/** Random bytes for the ids to come: asking for 16 costs ten times the making of an id. */
const idsAhead = 256;
let ahead: Buffer | undefined;
let taken = 0;

/** 16 bytes that no other id gets; the caller may write to them. */
function freshBytes(): Buffer {
  if (ahead === undefined || taken === ahead.length) {
    ahead = randomBytes(idsAhead * idBytes);
    taken = 0;
  }
  return ahead.subarray(taken, (taken += idBytes));
}

/**
 * A new random id: prefix, underscore, 48 bits of time (ms) and 80 random bits, so ids sort by age.
 * Random bits come from the CSPRNG (ASVS 11.5.1).
 */
export function newId<K extends IdKind>(kind: K, nowMs = Date.now()): Id<K> {
  const bytes = freshBytes();
  bytes.writeUIntBE(nowMs, 0, timeBytes);
  return `${idPrefixes[kind]}_${base32(bytes)}` as Id<K>;
}

/** Of an id, in base 32: 48 bits of time and 2 random ones; the rest of the random ones. */
const timeDigits = 10;
const restDigits = 16;
/** Counted up by ids that are made together. */
const countedDigits = 3;

/** Up to so many ids are made together. */
export const idsTogether = 32 ** countedDigits;

/** What ids that are made together have in common after their time: 65 random bits. */
export function newIdStem(): string {
  return base32(freshBytes()).slice(0, restDigits - countedDigits);
}

/** The id of a moment (ms), a stem and a number below {@link idsTogether}: as good as one of {@link newId}, and not stored beside what it is made from. */
export function idFrom<K extends IdKind>(kind: K, nowMs: number, stem: string, number: number): Id<K> {
  if (lastTime.atMs !== nowMs) lastTime = { atMs: nowMs, text: inBase32(nowMs * 4, timeDigits) };
  return `${idPrefixes[kind]}_${lastTime.text}${stem}${inBase32(number, countedDigits)}` as Id<K>;
}

/** Many ids of a moment come in a row. */
let lastTime = { atMs: 0, text: inBase32(0, timeDigits) };

function inBase32(value: number, digits: number): string {
  let text = '';
  for (let rest = value; text.length < digits; rest = Math.floor(rest / 32)) text = alphabet[rest % 32] + text;
  return text;
}

/** When an id was made, milliseconds since the Unix epoch; undefined for what is no id of this kind. */
export function timeOfId(kind: IdKind, id: string): number | undefined {
  const [prefix, text = ''] = id.split('_');
  if (prefix !== idPrefixes[kind] || !/^[0-9a-hjkmnp-tv-z]{26}$/.test(text)) return undefined;
  // 10 digits hold 50 bits: the 48 of the time and 2 that follow.
  let value = 0;
  for (const digit of text.slice(0, 10)) value = value * 32 + alphabet.indexOf(digit);
  return Math.floor(value / 4);
}
