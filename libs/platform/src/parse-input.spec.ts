import { describe, expect, it } from '@jest/globals';
import { createApiKey, listBindings, putBindings, putQueue } from '@waybill/contracts';
import type { Operation } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { parseInput } from './parse-input.js';

const refusal = (operation: Operation, raw: { params?: unknown; query?: unknown; body?: unknown }): WaybillError => {
  try {
    parseInput(operation, { params: {}, query: {}, ...raw });
  } catch (error) {
    if (error instanceof WaybillError) return error;
    throw error;
  }
  throw new Error('was accepted');
};
const path = { namespace: 'ns_1', exchange: 'orders', queue: 'mail' };

describe('parseInput', () => {
  it('gives parsed path, query and body with defaults', () => {
    expect(parseInput(putQueue, { params: path, query: {}, body: {} })).toMatchObject({
      params: { namespace: 'ns_1', queue: 'mail' }, query: undefined, body: { kind: 'standard', leaseSeconds: 30, deliveryLimit: 10 },
    });
  });

  it.each(['a b', '', '.hidden', 'ü', 'a/b', 'x'.repeat(128), 'q\u0000'])('answers name_invalid for the name %j in the path', (queue) => {
    expect(refusal(putQueue, { params: { ...path, queue }, body: {} }).code).toBe('name_invalid');
  });

  it('answers name_invalid for a name in the body where the operation declares it', () => {
    expect(refusal(createApiKey, { params: path, body: { name: 'no spaces', scopes: ['publish'] } }).code).toBe('name_invalid');
    expect(refusal(putBindings, { params: path, body: { bindings: [{ destination: { queue: 'no spaces' } }] } }).code).toBe('name_invalid');
  });

  it('answers request_invalid for a name in a query that declares no other code', () => {
    expect(refusal(listBindings, { params: path, query: { exchange: 'no spaces' } })).toMatchObject({ code: 'request_invalid', issues: [{ path: 'query.exchange' }] });
  });

  it('answers pattern_too_long for a pattern of 10,000 characters', () => {
    const error = refusal(putBindings, { params: path, body: { bindings: [{ destination: { queue: 'mail' }, pattern: 'a'.repeat(10_000) }] } });
    expect(error).toMatchObject({ code: 'pattern_too_long', params: { limitBytes: 255 }, issues: [{ path: 'bindings.0.pattern' }] });
  });

  it('names every fault of path, query and body together, unknown fields too', () => {
    const error = refusal(putQueue, { params: {}, body: { leaseSeconds: 'soon', surprise: 1 } });
    expect(error.code).toBe('request_invalid');
    expect(error.issues.map((issue) => issue.path).sort()).toEqual(['leaseSeconds', 'path.namespace', 'path.queue', 'surprise']);
  });

  it('answers request_invalid when the body is missing', () => {
    expect(refusal(putQueue, { params: path })).toMatchObject({ code: 'request_invalid', issues: [{ path: 'body' }] });
  });
});
