import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Scope } from './scope.js';

describe('a scope', () => {
  beforeEach(() => {
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('undoes the last first', async () => {
    const scope = new Scope('publish');
    const undone: string[] = [];
    scope.defer(() => void undone.push('redis'));
    scope.defer(async () => void undone.push('gateway'));
    await scope.close();
    expect(undone).toEqual(['gateway', 'redis']);
  });

  it('is closed for everyone who asks only when all is undone', async () => {
    const scope = new Scope('publish');
    let undone = 0;
    scope.defer(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      undone += 1;
    });
    void scope.close();
    await scope.close();
    expect(undone).toBe(1);
  });

  it('skips a peer that does not start, by name and with the reason', async () => {
    const scope = new Scope('latency');
    const peer = await scope.peer('rabbitmq', () => Promise.reject(new Error('rabbitmq-server is not installed\nmore')));
    expect(peer).toBeUndefined();
    expect(scope.skipped).toEqual([{ group: 'latency', peer: 'rabbitmq', reason: 'rabbitmq-server is not installed' }]);
  });

  it('stops a peer that started', async () => {
    const scope = new Scope('latency');
    let stopped = false;
    await scope.peer('rabbitmq', async () => ({ stop: async () => void (stopped = true) }));
    expect(stopped).toBe(false);
    await scope.close();
    expect(stopped).toBe(true);
    expect(scope.skipped).toEqual([]);
  });
});
