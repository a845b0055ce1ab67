import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorCodes, WaybillError } from './errors.js';
import { base32, newId, timeOfId } from './ids.js';
import { Secret } from './secret.js';

describe('ids', () => {
  it('sort by the time they were made', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 45), fc.nat(2 ** 45), (a, b) => {
        fc.pre(a !== b);
        expect(newId('queue', a) < newId('queue', b)).toBe(a < b);
      }),
    );
  });

  it('carry their prefix and 80 random bits', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => newId('tenant', 0)));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^tnt_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('tell when they were made, and to no other kind', () => {
    fc.assert(fc.property(fc.nat(2 ** 48 - 1), (atMs) => expect(timeOfId('queue', newId('queue', atMs))).toBe(atMs)));
    for (const text of ['', 'q_', 'x', newId('exchange'), newId('queue').slice(0, -1), `${newId('queue')}0`, newId('queue').toUpperCase()]) expect(timeOfId('queue', text)).toBeUndefined();
  });

  it('write different bytes differently', () => {
    const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
    fc.assert(fc.property(bytes, bytes, (a, b) => (base32(a) === base32(b)) === (Buffer.compare(a, b) === 0)));
  });
});

describe('a secret', () => {
  const secret = new Secret('hunter2');
  it('is never printed', () => {
    const printed = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect(secret), inspect({ deep: [secret] })].join();
    expect(printed).not.toContain('hunter2');
  });
  it('is given to who asks for it by name', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('an error', () => {
  it('tells the reader what to do, with its parameters', () => {
    expect(new WaybillError('queue_not_found', { queue: 'orders' }).message).toBe('Create the queue "orders" or correct its name.');
  });

  it('is a sentence in every code, with an area first', () => {
    for (const [code, { advice }] of Object.entries(errorCodes)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)+$/);
      expect(advice).toMatch(/^[A-Z"].*\.$/);
    }
  });
});
