import { fileURLToPath } from 'node:url';
import { Database } from '@waybill/database';
import type { Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import { silentLogger } from '@waybill/kernel';
import { Redis } from 'ioredis';
import { LedgerStore } from '../ledger.store.js';
import { UsageCounterStore } from '../usage-counter.store.js';
import { UsageDrain } from '../usage-drain.js';
import { usageKeys } from './usage-keys.js';

const calls = ['unpark', 'seal', 'sealed', 'read', 'book', 'forget'] as const;
/** In the transaction of a booking: what was written is not committed. */
const statements = { 'INSERT INTO usage_batches': 'after the batch was written', 'INSERT INTO usage_entries': 'after the entries were written' } as const;

/** Every place between two effects of a drain. */
export const drainSteps = [...calls.flatMap((call) => [`before ${call}`, `after ${call}`]), ...Object.values(statements)];

/**
 * One drain of a namespace in a process of its own: `databaseUrl redisUrl namespaceId step`. At the step it tells its
 * parent and goes no further, until it is killed. Without a step it ends by itself, with code 0.
 */
async function main([databaseUrl = '', redisUrl = '', namespaceId = '', step = '']: readonly string[]): Promise<void> {
  const at = async (here: string): Promise<void> => {
    if (here !== step) return;
    process.send?.(here);
    await new Promise<never>(() => undefined);
  };
  const redis = new Redis(redisUrl);
  const database = new Database({ url: databaseUrl });
  const counters = stopping(new UsageCounterStore(redis, usageKeys), at);
  const ledger = stopping(new LedgerStore(stoppingInTransaction(database, at)), at);
  await new UsageDrain(counters, ledger, silentLogger).drain(namespaceId as NamespaceId);
  redis.disconnect();
  await database.close();
  process.disconnect?.();
}

function stopping<T extends object>(store: T, at: (here: string) => Promise<void>): T {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        await at(`before ${String(name)}`);
        const result: unknown = await Reflect.apply(value, target, args);
        await at(`after ${String(name)}`);
        return result;
      };
    },
  });
}

function stoppingInTransaction(database: Database, at: (here: string) => Promise<void>): Database {
  const watched = (tx: Transaction): Transaction =>
    new Proxy(tx, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== '$executeRaw') return value;
        return async (...args: Parameters<Transaction['$executeRaw']>) => {
          const changed = await target.$executeRaw(...args);
          const text = (args[0] as TemplateStringsArray).join('?');
          for (const [start, here] of Object.entries(statements)) if (text.includes(start)) await at(here);
          return changed;
        };
      },
    });
  const asSystem: Database['asSystem'] = (work, options) => database.asSystem((tx) => work(watched(tx)), options);
  return new Proxy(database, { get: (target, name) => (name === 'asSystem' ? asSystem : (Reflect.get(target, name, target) as unknown)) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
