import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import { Webhook } from 'standardwebhooks';
import { newSigningSecret, publicKeyTextOf, signingKeyOf } from '../signing/signing-key.js';
import { signedHeaders } from '../signing/standard-webhooks.js';
import { keyTemplate } from './key-template.js';
import type { SourceScheme } from './source.js';
import { verifierOf } from './verification.js';

type Headers = Record<string, string>;
const named = (list: readonly string[]): Headers => Object.fromEntries(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1] as string]] : [])));
const nowMs = Date.UTC(2026, 10, 28, 12);
const seconds = nowMs / 1000;
const body = Buffer.from('{"id":"evt_1","type":"customer.created"}');
const hmac = (secret: string, ...parts: (string | Buffer)[]): Buffer => {
  const mac = createHmac('sha256', secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** A provider as the tests need it: how it signs, and what it calls the event. */
interface Provider {
  readonly name: string;
  readonly scheme: SourceScheme;
  readonly newSecret: () => string;
  /** What the source is given; the secret itself unless it is asymmetric. */
  readonly known: (secret: string) => string;
  readonly sign: (secret: string, content: Buffer, at?: number) => Headers;
  readonly eventId: string | undefined;
  readonly timed: boolean;
}

const text = (): string => Math.random().toString(36).slice(2).padEnd(20, 'x');
const stripe = (secret: string, content: Buffer, at = seconds): Headers => ({ 'stripe-signature': `t=${at},v0=00,v1=${hmac(secret, `${at}.`, content).toString('hex')}` });
const providers: Provider[] = [
  {
    name: 'Standard Webhooks, v1', scheme: { kind: 'standard', toleranceSeconds: 300 }, newSecret: () => newSigningSecret(), known: (secret) => secret, eventId: 'evt_1', timed: true,
    sign: (secret, content, at = seconds) => named(signedHeaders([signingKeyOf(new Secret(secret))], 'evt_1', at * 1000, content)),
  },
  {
    name: 'Standard Webhooks, v1a', scheme: { kind: 'standard', toleranceSeconds: 300 }, newSecret: () => newSigningSecret('v1a'), known: (secret) => publicKeyTextOf(new Secret(secret)) as string, eventId: 'evt_1', timed: true,
    sign: (secret, content, at = seconds) => named(signedHeaders([signingKeyOf(new Secret(secret))], 'evt_1', at * 1000, content)),
  },
  {
    name: 'GitHub', scheme: { kind: 'github' }, newSecret: text, known: (secret) => secret, eventId: 'd-1', timed: false,
    sign: (secret, content) => ({ 'x-hub-signature-256': `sha256=${hmac(secret, content).toString('hex')}`, 'x-github-delivery': 'd-1' }),
  },
  { name: 'Stripe', scheme: { kind: 'stripe', toleranceSeconds: 300 }, newSecret: () => `whsec_${text()}`, known: (secret) => secret, eventId: 'evt_1', timed: true, sign: stripe },
  {
    name: 'an HMAC in a header', scheme: { kind: 'hmac', header: 'x-signature', prefix: 'v0=', encoding: 'base64', algorithm: 'sha512', toleranceSeconds: 300, idHeader: 'x-event' }, newSecret: text, known: (secret) => secret, eventId: 'e-1', timed: false,
    sign: (secret, content) => ({ 'x-signature': `v0=${createHmac('sha512', secret).update(content).digest('base64')}`, 'x-event': 'e-1' }),
  },
  {
    name: 'an HMAC with a time', scheme: { kind: 'hmac', header: 'x-signature', prefix: '', encoding: 'hex', algorithm: 'sha256', timestampHeader: 'x-time', toleranceSeconds: 60 }, newSecret: text, known: (secret) => secret, eventId: undefined, timed: true,
    sign: (secret, content, at = seconds) => ({ 'x-time': String(at), 'x-signature': hmac(secret, `${at}.`, content).toString('hex') }),
  },
];
const signatureHeader = (headers: Headers): string => Object.keys(headers).find((name) => name.includes('signature')) as string;
const refused = expect.objectContaining({ code: 'signature_invalid' });

describe.each(providers)('$name', ({ scheme, newSecret, known, sign, eventId, timed }) => {
  const secret = newSecret();
  const check = verifierOf(scheme, [new Secret(known(secret))]);

  it('is verified, and the event has its id', () => {
    expect(check(sign(secret, body), body, nowMs)).toEqual({ eventId });
  });

  it('is refused with one bit of the body changed, wherever it is', () => {
    const headers = sign(secret, body);
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => check(headers, changed, nowMs)).toThrow(refused);
    }
    expect(() => check(headers, Buffer.alloc(0), nowMs)).toThrow(refused);
  });

  it('is refused with a signature that is missing, cut, changed, empty or of another secret', () => {
    const headers = sign(secret, body);
    const name = signatureHeader(headers);
    const value = headers[name] as string;
    const { [name]: _gone, ...without } = headers;
    expect(() => check(without, body, nowMs)).toThrow(refused);
    for (const wrong of ['', value.slice(0, -4), `x${value}`, value.replace(/[0-9a-zA-Z+/]{4}(=*)$/, 'AAAA$1'), value.replaceAll('=', ''), '=', 'v1,', 'v1a,', 'sha256=', `${value}%`]) {
      if (wrong !== value) expect(() => check({ ...headers, [name]: wrong }, body, nowMs)).toThrow(refused);
    }
    expect(() => check(sign(newSecret(), body), body, nowMs)).toThrow(refused);
    expect(() => check({}, body, nowMs)).toThrow(refused);
  });

  it('is verified with each of several live secrets, and with none that is gone', () => {
    const next = newSecret();
    const both = verifierOf(scheme, [next, secret].map((each) => new Secret(known(each))));
    for (const each of [next, secret]) expect(both(sign(each, body), body, nowMs)).toEqual({ eventId });
    expect(() => verifierOf(scheme, [new Secret(known(next))])(sign(secret, body), body, nowMs)).toThrow(refused);
    expect(() => verifierOf(scheme, [])(sign(secret, body), body, nowMs)).toThrow(refused);
  });

  it(timed ? 'is refused outside its tolerance, and with another time than was signed' : 'has no time to be checked', () => {
    if (!timed) return expect(check(sign(secret, body), body, nowMs + 86_400_000)).toEqual({ eventId });
    const tolerance = 'toleranceSeconds' in scheme ? scheme.toleranceSeconds : 0;
    expect(check(sign(secret, body, seconds - tolerance), body, nowMs)).toEqual({ eventId });
    for (const at of [seconds - tolerance - 1, seconds + tolerance + 1]) expect(() => check(sign(secret, body, at), body, nowMs)).toThrow(refused);
    const headers = sign(secret, body);
    for (const [name, value] of Object.entries(headers)) if (value.includes(String(seconds))) expect(() => check({ ...headers, [name]: value.replace(String(seconds), String(seconds + 1)) }, body, nowMs)).toThrow(refused);
    for (const time of ['', 'now', '-1', '1e9', `${seconds}.0`]) {
      for (const [name, value] of Object.entries(headers)) if (value.includes(String(seconds))) expect(() => check({ ...headers, [name]: value.replace(String(seconds), time) }, body, nowMs)).toThrow(refused);
    }
  });
});

describe('a source of Standard Webhooks', () => {
  it('verifies what the package standardwebhooks signs, under both names of the headers', () => {
    const secret = newSigningSecret();
    const signature = new Webhook(secret).sign('msg_1', new Date(nowMs), body.toString());
    const check = verifierOf({ kind: 'standard', toleranceSeconds: 300 }, [new Secret(secret)]);
    for (const brand of ['webhook', 'svix']) expect(check({ [`${brand}-id`]: 'msg_1', [`${brand}-timestamp`]: String(seconds), [`${brand}-signature`]: signature }, body, nowMs)).toEqual({ eventId: 'msg_1' });
  });

  it.each(['whpk_AAAA', 'short', 'whsec_AAAA'])('refuses the secret %s', (secret) => {
    expect(() => verifierOf({ kind: 'standard', toleranceSeconds: 300 }, [new Secret(secret)])).toThrow(expect.objectContaining({ code: 'setting_invalid' }));
  });
});

describe('the template of a routing key', () => {
  const headers = { 'x-github-event': 'pull_request' };
  const json = () => ({ type: 'customer.created', a: { b: 7, c: { d: 1 } } });
  it.each([
    ['github.{{header:X-GitHub-Event}}', 'github.pull_request'], ['stripe.{{body:type}}', 'stripe.customer.created'], ['x.{{ body:a.b }}.{{header:none}}', 'x.7.unknown'], ['plain', 'plain'],
    ['{{body:a.c}}', 'unknown'], ['{{body:__proto__}}', 'unknown'], ['{{body:type.length}}', 'unknown'],
  ])('%s makes %s', (template, key) => {
    expect(keyTemplate(template)({ headers, json })).toBe(key);
  });

  it('lets nothing into a key that does not belong there, and cuts it', () => {
    const key = (value: string) => keyTemplate('a.{{header:h}}')({ headers: { h: value }, json });
    expect([key('x y\r\n#*'), key('...'), key('a..b.'), key('ü')]).toEqual(['a.x_y____', 'a.unknown', 'a.a.b', 'a._']);
    expect(Buffer.byteLength(key('x'.repeat(1_000)))).toBe(255);
  });

  it.each(['a b', '{{header}}', '{{cookie:x}}', '{{header:a b}}', '{{body:a..b}}', `{{body:${'a.'.repeat(9)}a}}`, '{{header:{{x}}}}', 'a\n'])('%j is refused', (template) => {
    expect(() => keyTemplate(template)).toThrow(expect.objectContaining({ code: 'setting_invalid' }));
  });
});
