import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashSecret, mintApiKey, parseApiKey, previewOf } from './api-key-format.js';

describe('API keys', () => {
  it('have the form that leak scanners look for', () => {
    const { key, id } = mintApiKey('live');
    expect(key.reveal()).toMatch(/^wb_live_[0-9a-z]{12}_[0-9a-z]{32}_[0-9a-z]{6}$/);
    expect(previewOf('live', id)).toBe(`wb_live_${id}…`);
  });

  it('are read back into the parts they were made of', () => {
    const { id, key, secretHash } = mintApiKey('test');
    const parts = parseApiKey(key.reveal());
    expect(parts).toMatchObject({ environment: 'test', id });
    expect(hashSecret(parts?.secret ?? '')).toEqual(secretHash);
  });

  it('differ every time', () => {
    expect(new Set(Array.from({ length: 500 }, () => mintApiKey('test').key.reveal())).size).toBe(500);
  });

  it('print masked', () => {
    expect(`${mintApiKey('test').key} ${JSON.stringify(mintApiKey('test'))}`).not.toMatch(/wb_test_/);
  });

  it('are refused by the checksum when any one character is changed', () => {
    const key = mintApiKey('live').key.reveal();
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz_A-'), (at, character) => {
        fc.pre(key[at] !== character);
        expect(parseApiKey(key.slice(0, at) + character + key.slice(at + 1))).toBeNull();
      }),
    );
  });

  it('are refused in any other form, without an exception', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => expect(parseApiKey(text)).toBeNull()));
    const key = mintApiKey('live').key.reveal();
    for (const text of ['', key.slice(0, -1), `${key}0`, key.toUpperCase(), ` ${key.slice(1)}`]) expect(parseApiKey(text)).toBeNull();
  });
});
