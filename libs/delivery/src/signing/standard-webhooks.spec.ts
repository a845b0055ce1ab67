import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { newSigningSecret, publicKeyTextOf, signingKeyOf } from './signing-key.js';
import { signedHeaders } from './standard-webhooks.js';

type Headers = Record<string, string>;
const named = (list: readonly string[]): Headers => Object.fromEntries(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1] as string]] : [])));
interface Sent {
  readonly headers: Headers;
  readonly body: Buffer;
}

const body = Buffer.from('{"order":1,"name":"Größe"}');
const sign = (secrets: readonly string[], content: Buffer = body, id = 'msg_01abc', nowMs = Date.now()): Sent => ({
  headers: named(signedHeaders(secrets.map((secret) => signingKeyOf(new Secret(secret))), id, nowMs, content)), body: content,
});
const packages: [string, (secret: string, sent: Sent) => void][] = [
  ['standardwebhooks', (secret, { headers, body }) => void new StandardWebhook(secret).verify(body.toString(), headers)],
  ['svix', (secret, { headers, body }) => void new SvixWebhook(secret).verify(body.toString(), headers)],
];

/** As a receiver with the `whpk_` text would: neither package verifies ed25519. */
function verifyAsymmetric(publicText: string, { headers, body }: Sent): boolean {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicText.replace('whpk_', ''), 'base64')]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const content = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body]);
  return (headers['webhook-signature'] as string).split(' ').some((entry) => entry.startsWith('v1a,') && verify(null, content, key, Buffer.from(entry.slice(4), 'base64')));
}

/** The call with one thing changed: each must be refused. */
function* tampered({ headers, body }: Sent): Generator<[string, Sent]> {
  for (let bit = 0; bit < body.length * 8; bit += 7) {
    const changed = Buffer.from(body);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    yield [`bit ${bit} of the body`, { headers, body: changed }];
  }
  const id = headers['webhook-id'] as string;
  for (let at = 0; at < id.length; at += 1) yield [`byte ${at} of the id`, { headers: { ...headers, 'webhook-id': `${id.slice(0, at)}~${id.slice(at + 1)}` }, body }];
  yield ['the time', { headers: { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }, body }];
  yield ['a shorter body', { headers, body: body.subarray(1) }];
}

describe('a signature', () => {
  it.each(packages)('v1 is verified by the package %s, and a call with one bit changed is refused', (_name, check) => {
    const secret = newSigningSecret();
    const sent = sign([secret]);
    expect(() => check(secret, sent)).not.toThrow();
    let refused = 0;
    for (const [, changed] of tampered(sent)) {
      expect(() => check(secret, changed)).toThrow();
      refused += 1;
    }
    expect(refused).toBeGreaterThan(30);
    expect(() => check(newSigningSecret(), sent)).toThrow();
  });

  it.each(packages)('of every live secret is in the header, so that %s verifies with the old one and with the new one', (_name, check) => {
    const [old, next] = [newSigningSecret(), newSigningSecret()];
    const sent = sign([next, newSigningSecret('v1a'), old]);
    expect(sent.headers['webhook-signature']?.split(' ')).toHaveLength(3);
    for (const secret of [old, next]) expect(() => check(secret, sent)).not.toThrow();
  });

  it('v1a is verified by node:crypto with the public key as whpk_ text (the packages verify v1 alone), and a call with one bit changed is refused', () => {
    const secret = newSigningSecret('v1a');
    const publicText = publicKeyTextOf(new Secret(secret)) as string;
    const sent = sign([secret]);
    expect(publicText).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(verifyAsymmetric(publicText, sent)).toBe(true);
    for (const [what, changed] of tampered(sent)) expect([what, verifyAsymmetric(publicText, changed)]).toEqual([what, false]);
    expect(verifyAsymmetric(publicKeyTextOf(new Secret(newSigningSecret('v1a'))) as string, sent)).toBe(false);
  });

  it.each(packages)('too old or too new is refused by %s', (_name, check) => {
    const secret = newSigningSecret();
    for (const offsetMs of [-301_000, 301_000]) expect(() => check(secret, sign([secret], body, 'msg_1', Date.now() + offsetMs))).toThrow();
  });

  it('names the second of the attempt and the id of the message', () => {
    expect(sign([newSigningSecret()], body, 'msg_1', 1_700_000_000_999).headers).toMatchObject({ 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000' });
  });

  it('v1 is the HMAC of node:crypto, for secrets and bodies of every length', () => {
    for (const secretBytes of [24, 31, 32, 63, 64]) {
      const secret = randomBytes(secretBytes);
      for (const bodyBytes of [0, 1, 63, 64, 1_024, 70_000]) {
        const content = randomBytes(bodyBytes);
        const { headers } = sign([`whsec_${secret.toString('base64')}`], content, 'msg_ü', 1_700_000_000_000);
        const expected = createHmac('sha256', secret).update('msg_ü.1700000000.').update(content).digest('base64');
        expect(headers['webhook-signature']).toBe(`v1,${expected}`);
      }
    }
  });

  it('covers bodies that are not text', () => {
    const secret = newSigningSecret('v1a');
    const sent = sign([secret], Buffer.from([0xff, 0xfe, 0x00]));
    expect(verifyAsymmetric(publicKeyTextOf(new Secret(secret)) as string, sent)).toBe(true);
  });
});

describe('a signing secret', () => {
  it('of ed25519 is taken with and without its public half', () => {
    const whole = newSigningSecret('v1a');
    const seed = `whsk_${Buffer.from(whole.slice(5), 'base64').subarray(0, 32).toString('base64')}`;
    expect(publicKeyTextOf(new Secret(seed))).toBe(publicKeyTextOf(new Secret(whole)));
    expect(sign([seed], body, 'm', 0).headers).toEqual(sign([whole], body, 'm', 0).headers);
  });

  const foreignHalf = (): string => {
    const other = Buffer.from(newSigningSecret('v1a').slice(5), 'base64').subarray(32);
    const seed = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(16);
    return `whsk_${Buffer.concat([seed, other]).toString('base64')}`;
  };
  it.each([
    ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['other characters', 'whsec_****************************************'],
    ['nothing', 'whsec_'],
    ['a private key of the wrong length', `whsk_${Buffer.alloc(33).toString('base64')}`],
    ['a public half of another key', foreignHalf()],
    ['a public key', `whpk_${Buffer.alloc(32).toString('base64')}`],
  ])('with %s is refused, and never repeated', (_what, text) => {
    expect(() => signingKeyOf(new Secret(text))).toThrow(expect.objectContaining({ code: 'request_invalid' }));
    try {
      signingKeyOf(new Secret(text));
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain(text);
    }
  });

  it('of 24 to 64 bytes is taken', () => {
    for (const bytes of [24, 32, 64]) expect(signingKeyOf(new Secret(`whsec_${Buffer.alloc(bytes, 1).toString('base64')}`)).scheme).toBe('v1');
  });

  it('has no public key when it is symmetric', () => {
    expect(publicKeyTextOf(new Secret(newSigningSecret()))).toBeUndefined();
  });
});
