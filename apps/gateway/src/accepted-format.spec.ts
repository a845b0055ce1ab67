import { describe, expect, it } from '@jest/globals';
import { asksForCbor } from './accepted-format.js';

describe('an Accept header', () => {
  it.each([
    'application/cbor', 'Application/CBOR', 'application/cbor;q=1.000', 'application/cbor, application/json', 'application/json, application/cbor', 'application/cbor;q=0.001',
    'application/json;q=0.5, application/cbor;q=0.5', 'application/json;q=0, application/cbor;q=0.1', '*/*;q=0.1, application/cbor;q=0.2', 'application/*;q=0.1,application/cbor; Q=0.2',
    'text/plain, application/cbor', 'application/cbor;profile="a,b;c"', 'application/json;q=0.4, */*, application/cbor;q=0.5', 'application/json;q=2, application/cbor;q=0.1', ' application/cbor ,',
  ])('of %j asks for CBOR', (accept) => {
    expect(asksForCbor(accept)).toBe(true);
  });

  it.each([
    undefined, '', '*/*', 'application/*', 'application/json', 'application/cbor;q=0', 'application/cbor;q=0.000', 'application/cbor;q=0.4, application/json;q=0.5', 'application/cbor;q=0.9, application/json',
    'application/cbor;q=0.9, */*', 'application/cbor;q=0.1, application/*;q=0.2', 'application/cbor;q=2', 'application/cbor;q=', 'application/cbor;q=0.1234', 'application/cbor-seq', 'text/plain;x="application/cbor"',
    'text/plain;x=", application/cbor,"', 'application/vnd.waybill.batch+cbor', ';;,,=application/cbor',
  ])('of %j does not', (accept) => {
    expect(asksForCbor(accept)).toBe(false);
  });
});
