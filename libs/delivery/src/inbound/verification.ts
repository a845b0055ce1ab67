import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { WaybillError } from '@waybill/kernel';
import type { Secret } from '@waybill/kernel';
import type { SourceScheme } from './source.js';

/** A call that was verified: the provider's own id of the event, where it has one. */
export interface VerifiedCall {
  readonly eventId: string | undefined;
}

/** Why a call was refused, for the owner of the source: no signature, a time outside the tolerance, or none that matches. */
export type RefusalReason = 'unsigned' | 'untimely' | 'unmatched';

/**
 * Checks the raw bytes of a call. Fails with `signature_invalid`, which does not tell the caller why, who may be anyone; `reason`
 * among its params is a {@link RefusalReason}.
 */
export type Verifier = (headers: IncomingHttpHeaders, body: Buffer, nowMs: number) => VerifiedCall;

const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');
const publicKeyBytes = 32;
/** More signatures than this are not looked at: each costs an HMAC per secret. */
const signatureLimit = 16;
const idChars = 256;

/** Makes a scheme and its live secrets ready. Fails with `setting_invalid` for a secret that is none of the scheme. */
export function verifierOf(scheme: SourceScheme, secrets: readonly Secret[]): Verifier {
  switch (scheme.kind) {
    case 'standard':
      return standardVerifier(secrets.map(standardKey), scheme.toleranceSeconds);
    case 'github': {
      const matches = hmacMatcher(secrets, 'sha256');
      return (headers, body) => {
        const signature = signed(textOf(headers['x-hub-signature-256']));
        demand(matches(decoded(signature, 'sha256=', 'hex'), body), 'unmatched');
        return { eventId: textOf(headers['x-github-delivery'])?.slice(0, idChars) };
      };
    }
    case 'stripe':
      return stripeVerifier(secrets, scheme.toleranceSeconds);
    case 'hmac':
      return hmacVerifier(scheme, secrets);
  }
}

/** Standard Webhooks; the header names of Svix, from before there was a standard, are taken too. */
function standardVerifier(keys: readonly StandardKey[], toleranceSeconds: number): Verifier {
  return (headers, body, nowMs) => {
    const named = (name: string): string => textOf(headers[`webhook-${name}`]) ?? textOf(headers[`svix-${name}`]) ?? '';
    const [id, time, signatures] = [named('id'), named('timestamp'), named('signature')];
    signed(signatures);
    demand(isTimely(time, toleranceSeconds, nowMs), 'untimely');
    demand(id !== '' && id.length <= idChars, 'unmatched');
    const head = Buffer.from(`${id}.${time}.`);
    const entries = signatures.split(' ').slice(0, signatureLimit);
    demand(entries.some((entry) => keys.some((key) => key(entry, head, body))), 'unmatched');
    return { eventId: id };
  };
}

type StandardKey = (entry: string, head: Buffer, body: Buffer) => boolean;

function standardKey(secret: Secret): StandardKey {
  const text = secret.reveal();
  if (text.startsWith('whpk_')) {
    const raw = Buffer.from(text.slice('whpk_'.length), 'base64');
    if (raw.length !== publicKeyBytes) throw unusable('must have 32 bytes in base64 after whpk_');
    const key: KeyObject = createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki' });
    return (entry, head, body) => {
      const given = decoded(entry, 'v1a,', 'base64');
      return given !== undefined && verify(null, Buffer.concat([head, body]), key, given);
    };
  }
  const bytes = Buffer.from(text.startsWith('whsec_') ? text.slice('whsec_'.length) : text, 'base64');
  if (bytes.length < 16) throw unusable('must be whsec_… or whpk_…');
  return (entry, head, body) => same(decoded(entry, 'v1,', 'base64'), createHmac('sha256', bytes).update(head).update(body).digest());
}

/** docs.stripe.com, "Verify webhook signatures manually": `t=<seconds>,v1=<hex>,…` over `<t>.<body>`. */
function stripeVerifier(secrets: readonly Secret[], toleranceSeconds: number): Verifier {
  const matches = hmacMatcher(secrets, 'sha256');
  return (headers, body, nowMs) => {
    const parts = signed(textOf(headers['stripe-signature'])).split(',').slice(0, signatureLimit).map((part) => part.trim());
    const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? '';
    demand(isTimely(time, toleranceSeconds, nowMs), 'untimely');
    const head = Buffer.from(`${time}.`);
    demand(parts.some((part) => matches(decoded(part, 'v1=', 'hex'), head, body)), 'unmatched');
    return { eventId: stripeEventId(body) };
  };
}

function stripeEventId(body: Buffer): string | undefined {
  try {
    const id = (JSON.parse(body.toString()) as { id?: unknown } | null)?.id;
    return typeof id === 'string' && id !== '' ? id.slice(0, idChars) : undefined;
  } catch {
    return undefined;
  }
}

function hmacVerifier(scheme: Extract<SourceScheme, { kind: 'hmac' }>, secrets: readonly Secret[]): Verifier {
  const { header, prefix, encoding, algorithm, timestampHeader, toleranceSeconds, idHeader } = scheme;
  const matches = hmacMatcher(secrets, algorithm);
  return (headers, body, nowMs) => {
    const given = decoded(signed(textOf(headers[header])), prefix, encoding);
    if (timestampHeader === undefined) demand(matches(given, body), 'unmatched');
    else {
      const time = textOf(headers[timestampHeader]) ?? '';
      demand(isTimely(time, toleranceSeconds, nowMs), 'untimely');
      demand(matches(given, Buffer.from(`${time}.`), body), 'unmatched');
    }
    return { eventId: idHeader === undefined ? undefined : textOf(headers[idHeader])?.slice(0, idChars) };
  };
}

/** Whether one of the secrets signed these bytes. Every secret is tried: which one it was shows in no time. */
function hmacMatcher(secrets: readonly Secret[], algorithm: 'sha256' | 'sha512') {
  const keys = secrets.map((secret) => Buffer.from(secret.reveal(), 'utf8'));
  return (given: Buffer | undefined, ...parts: readonly Buffer[]): boolean => {
    let found = false;
    for (const key of keys) {
      const hmac = createHmac(algorithm, key);
      for (const part of parts) hmac.update(part);
      if (same(given, hmac.digest())) found = true;
    }
    return found;
  };
}

function same(given: Buffer | undefined, expected: Buffer): boolean {
  return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}

/** Strict: Buffer would skip what is not of the encoding, and one signature would have many spellings. */
function decoded(text: string | undefined, prefix: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const rest = text.slice(prefix.length);
  if (!(encoding === 'hex' ? /^(?:[0-9a-fA-F]{2})+$/ : /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/).test(rest)) return undefined;
  return Buffer.from(rest, encoding);
}

function isTimely(seconds: string, toleranceSeconds: number, nowMs: number): boolean {
  return /^\d{1,12}$/.test(seconds) && Math.abs(nowMs / 1000 - Number(seconds)) <= toleranceSeconds;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** What stands where a signature should. */
function signed(text: string | undefined): string {
  if (text === undefined || text === '') throw refusal('unsigned');
  return text;
}

function demand(holds: boolean, reason: RefusalReason): asserts holds {
  if (!holds) throw refusal(reason);
}

function refusal(reason: RefusalReason): WaybillError {
  return new WaybillError('signature_invalid', { reason });
}

function unusable(reason: string): WaybillError {
  return new WaybillError('setting_invalid', { setting: 'secret', reason });
}
