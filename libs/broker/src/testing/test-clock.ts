import type { Command } from 'ioredis';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from '../redis/connection.store.js';

const serverTime = "redis.call('TIME')";

/**
 * Gives the scripts a clock of the test's own, so that hours pass without waiting: every script is sent with its source,
 * in which the server's time is replaced by a key.
 */
export function withTestClock(redis: Redis, ns: NamespaceId): Redis {
  const clock = `{ redis.call('GET', '{${ns}}:test-clock'), 0 }`;
  return new Proxy(redis, {
    get(target, name) {
      if (name !== 'sendCommand') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return (command: Command) => {
        if (command.name === 'evalsha') return Promise.reject(new Error('NOSCRIPT by the test clock'));
        const [source] = command.args;
        if (command.name === 'eval' && typeof source === 'string') {
          if (source.split(serverTime).length > 2) throw new Error('a script reads the time in two places');
          command.args[0] = source.replace(serverTime, clock).replace('now[1] * 1000', 'tonumber(now[1])');
        }
        return target.sendCommand(command);
      };
    },
  });
}

export function setTestClock(redis: Redis, ns: NamespaceId, nowMs: number): Promise<unknown> {
  return redis.set(`{${ns}}:test-clock`, nowMs);
}
