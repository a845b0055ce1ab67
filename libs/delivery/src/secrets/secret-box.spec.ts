import { describe, expect, it } from '@jest/globals';
import { Secret } from '@waybill/kernel';
import fc from 'fast-check';
import { SealBrokenError, SecretBox } from './secret-box.js';
import type { SecretPlace } from './secret-box.js';

const key = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const box = (...keys: string[]): SecretBox => new SecretBox(new Secret(keys.join(',')));
const place: SecretPlace = { tenantId: 'tnt_1', namespaceId: 'ns_1', subject: 'sub_1', name: 'signing' };

describe('the secret box', () => {
  it('opens what it sealed, and never seals the same text to the same bytes', () => {
    const one = box(key('k1', 1));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const sealed = one.seal(new Secret(text), place);
        expect(one.open(sealed, place).reveal()).toBe(Buffer.from(text).toString());
        expect(one.seal(new Secret(text), place)).not.toBe(sealed);
      }),
    );
  });

  it.each(['tenantId', 'namespaceId', 'subject', 'name'] as const)('refuses a secret that was moved to a row with another %s', (field) => {
    const one = box(key('k1', 1));
    const sealed = one.seal(new Secret('whsec_x'), place);
    expect(() => one.open(sealed, { ...place, [field]: 'other' })).toThrow(SealBrokenError);
  });

  it('refuses a secret with one bit changed, wherever it is', () => {
    const one = box(key('k1', 1));
    const sealed = one.seal(new Secret('hunter2'), place);
    const [format, id, content] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(content, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => one.open(`${format}.${id}.${changed.toString('base64url')}`, place)).toThrow(SealBrokenError);
    }
    for (const cut of [sealed.slice(0, 20), `wbs2.${id}.${content}`, `${sealed}.x`, '']) expect(() => one.open(cut, place)).toThrow(SealBrokenError);
  });

  it('seals with the first key, opens with every key, and knows what is still under an old one', () => {
    const sealed = box(key('k1', 1)).seal(new Secret('hunter2'), place);
    const rotated = box(key('k2', 2), key('k1', 1));
    expect(rotated.open(sealed, place).reveal()).toBe('hunter2');
    expect(rotated.isOld(sealed)).toBe(true);
    const again = rotated.seal(rotated.open(sealed, place), place);
    expect(rotated.isOld(again)).toBe(false);
    expect(box(key('k2', 2)).open(again, place).reveal()).toBe('hunter2');
    expect(() => box(key('k2', 2)).open(sealed, place)).toThrow('its key "k1" is not configured');
  });

  it('does not open under another key of the same id', () => {
    const sealed = box(key('k1', 1)).seal(new Secret('hunter2'), place);
    expect(() => box(key('k1', 9)).open(sealed, place)).toThrow(SealBrokenError);
  });

  it('refuses keys that are malformed or named twice', () => {
    for (const keys of ['', 'k1', 'k1:short', `${key('k', 1)},${key('k', 2)}`]) expect(() => box(keys)).toThrow('SECRETS_KEYS');
  });
});
