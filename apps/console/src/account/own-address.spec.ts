import { describe, expect, it } from '@jest/globals';
import { ownAddress } from './own-address.js';

describe('the address after sign-in', () => {
  it('is where the person was', () => expect(ownAddress('/namespaces/ns_1/queues/orders?x=1')).toBe('/namespaces/ns_1/queues/orders?x=1'));
  it.each([undefined, '', 'https://other.example', '//other.example', '/\\other.example', 'javascript:alert(1)'])('is the start page instead of %s', (next) => expect(ownAddress(next)).toBe('/'));
});
