import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { FreshDatabase, Home } from '@waybill/testing';
import { freshDatabase, newHome, openTestRedis, testServer } from '@waybill/testing';
import { LedgerAudit } from './audit/ledger-audit.store.js';
import { LedgerStore } from './ledger.store.js';
import { drainSteps } from './testing/drain-process.store.js';
import { usageKeys } from './testing/usage-keys.js';

/** As it was built: `nx test metering` builds first. */
const program = fileURLToPath(new URL('../dist/testing/drain-process.store.js', import.meta.url));
const dayMs = 86_400_000;
const day = Date.UTC(2026, 7, 3);
const field = (resource: string) => `${day / 3_600_000 + 5}|mq_kib_in|publish|${resource}`;

describe('a drainer that is killed with kill -9', () => {
  let fresh: FreshDatabase;
  let redis: Redis;
  let home: Home;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    fresh = await freshDatabase();
    redis = await openTestRedis();
  });
  afterAll(async () => {
    redis?.disconnect();
    await fresh?.drop();
  });
  beforeEach(async () => {
    home = await newHome(fresh.database);
  });
  afterEach(() => running.forEach((child) => child.kill('SIGKILL')));

  function start(step: string): { readonly child: ChildProcess; readonly ended: Promise<unknown[]> } {
    const child = fork(program, [fresh.url, testServer('WAYBILL_TEST_REDIS_URL'), home.namespaceId, step], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    running.add(child);
    return { child, ended: once(child, 'exit').finally(() => running.delete(child)) };
  }
  async function killAt(step: string): Promise<void> {
    const { child, ended } = start(step);
    expect(await Promise.race([once(child, 'message'), ended])).toEqual([step, undefined]);
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  }
  const drainWhole = async () => expect(await start('').ended).toEqual([0, null]);
  const count = (resource: string, by: number) => redis.hincrby(usageKeys.openUsage(home.namespaceId), field(resource), by);
  async function ledger(): Promise<Record<string, bigint>> {
    const rows = await new LedgerStore(fresh.database).read(home.caller, home.namespaceId, { fromMs: day, toMs: day + dayMs });
    return Object.fromEntries(rows.map(({ resourceId, quantity }) => [resourceId, quantity]));
  }
  async function expectWhole(expected: Record<string, bigint>): Promise<void> {
    expect(await ledger()).toEqual(expected);
    expect(await redis.keys(`{${home.namespaceId}}:usage:*`)).toEqual([]);
    expect(await new LedgerAudit(fresh.database).breaches({ tenantId: home.caller.tenantId, namespaceId: home.namespaceId, fromMs: day, toMs: day + dayMs })).toEqual([]);
  }

  it.each(drainSteps)('3: killed %s, the next one loses nothing, books nothing twice and leaves no sealed hash', async (step) => {
    await count('x_a', 5);
    await killAt(step);
    await count('x_a', 2);
    await count('x_b', 1);
    await drainWhole();
    await expectWhole({ x_a: 7n, x_b: 1n });
  });

  it('3: killed at each step in turn with what the one before left behind, the last one books all of it once', async () => {
    let counted = 0n;
    for (const step of drainSteps) {
      counted += 3n;
      await count('x_a', 3);
      await killAt(step);
    }
    await drainWhole();
    await expectWhole({ x_a: counted });
  });
});
