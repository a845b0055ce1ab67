import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import { WaybillError } from '@waybill/kernel';
import type { Publisher } from './publisher.js';
import { plain, TestNamespace } from './testing/namespace.js';
import { QueueModel } from './testing/queue-model.js';
import type { ModelMessage, ModelPublish } from './testing/queue-model.js';
import type { Receipt } from './receipt.js';
import { QueueBrowser } from './redis/queue-browser.store.js';
import { QueueControl } from './redis/queue-control.store.js';
import { QueueStore } from './redis/queue.store.js';
import type { Claim, QueueRef, Settlement } from './redis/queue.store.js';
import type { QueueDefinition } from './topology-change.js';

/** Runs of commands against a real queue and its model; about 50 commands each, at least 10,000 steps per kind in all. */
const runs = 260;
const commandsPerRun = 100;

type Settings = Omit<QueueDefinition, 'id' | 'name' | 'leaseMs'>;

class Real {
  readonly queues: QueueStore;
  readonly browser: QueueBrowser;
  readonly control: QueueControl;
  readonly publisher: Publisher;
  /** Leases handed out so far, settled or not, with the receipt each side knows. */
  readonly leases: { message: ModelMessage; deliveries: number; receipt: Receipt }[] = [];
  published = 0;
  steps = 0;

  constructor(
    readonly space: TestNamespace,
    readonly queue: QueueRef,
  ) {
    this.queues = new QueueStore(space.redis);
    this.browser = new QueueBrowser(space.redis);
    this.control = new QueueControl(space.redis);
    this.publisher = space.publisher();
  }
}

type Command = AsyncCommand<QueueModel, Real>;

function command(name: string, run: (model: QueueModel, real: Real) => Promise<void>, check: (model: QueueModel) => boolean = () => true): Command {
  return {
    check,
    async run(model, real) {
      real.steps += 1;
      await run(model, real);
      await compare(model, real);
    },
    toString: () => name,
  };
}

async function compare(model: QueueModel, { queues, queue }: Real): Promise<void> {
  const { ready, leased, delayed, deferred, dead, parkedGroups, paused } = await queues.figures(queue);
  expect({ ready, leased, delayed, deferred, dead, parkedGroups, paused }).toEqual({
    ready: model.in('ready').length, leased: model.in('leased').length, delayed: model.in('delayed').length,
    deferred: model.in('deferred').length, dead: model.in('dead').length, parkedGroups: model.parked.size, paused: model.paused,
  });
}

function note(real: Real, expected: { message: ModelMessage; deliveries: number }[], claim: Claim): void {
  const got = claim.kind === 'claimed' ? claim.deliveries : [];
  expect(got.map(({ body, deliveries }) => `${body} ${deliveries}`)).toEqual(expected.map(({ message, deliveries }) => `${message.body} ${deliveries}`));
  expected.forEach((lease, index) => real.leases.push({ ...lease, receipt: got[index]!.receipt }));
}

const publish = (given: Omit<ModelPublish, 'body'>): Command =>
  command(`publish ${JSON.stringify(given)}`, async (model, real) => {
    const body = `m${(real.published += 1)}`;
    const expected = model.publish({ ...given, body });
    const { group, priority, dedupId, delayMs, ttlMs } = given;
    const outgoing = { properties: { ...plain(), group, priority, dedupId }, body: Buffer.from(body), delayMs, ttlMs };
    const [published] = await real.publisher.publish(real.space.ns, { queue: real.queue.name }, [outgoing], { mode: 'each' });
    expect(published?.outcome).toBe(expected === 'stored' || expected === 'refused' ? expected : 'duplicate');
    // Bodies are numbered as they were sent: the original is the message the model stored under this number.
    if (published?.outcome === 'duplicate') {
      const original = await real.browser.find(real.queue, published.id);
      if (original) expect(original.body.toString()).toBe(expected);
    }
  });

const claim = (max: number, leaseMs: number | 'none'): Command =>
  command(`claim ${max} for ${leaseMs}`, async (model, real) => {
    const expected = model.claim(max, leaseMs);
    note(real, expected, await real.queues.claim(real.queue, { max, leaseMs, holder: 'h' }));
  });

/** Accepts leases of before, lost and settled ones among them, in the step that claims. */
const acceptAndClaim = (picks: number[], max: number, leaseMs: number): Command =>
  command(`accept ${picks.map((pick) => `#${pick}`).join(' ')} and claim ${max} for ${leaseMs}`, async (model, real) => {
    const given = real.leases.length === 0 ? [] : picks.map((pick) => real.leases[pick % real.leases.length]!);
    const outcomes = given.map((lease) => model.settle(lease, 'accept', 0, ''));
    const expected = model.claim(max, leaseMs);
    const claim = await real.queues.claim(real.queue, { max, leaseMs, holder: 'h', accept: given.map(({ receipt }) => receipt) });
    expect(claim.outcomes).toEqual(outcomes);
    note(real, expected, claim);
  });

const settle = (pick: number, action: Settlement['action'], argument: number, key: string): Command =>
  command(`${action} #${pick} (${argument}, ${key})`, async (model, real) => {
    const lease = real.leases[pick % Math.max(1, real.leases.length)];
    if (!lease) return;
    const expected = model.settle(lease, action, argument, key);
    const receipt = lease.receipt;
    const settlement = {
      accept: { action: 'accept', receipt }, release: { action: 'release', receipt, delayMs: argument }, reject: { action: 'reject', receipt, reason: 'rejected' },
      extend: { action: 'extend', receipt, leaseMs: argument }, defer: { action: 'defer', receipt, key, returnMs: argument },
    }[action] as Settlement;
    const [outcome] = await real.queues.settle(real.queue, [settlement]);
    expect(outcome?.outcome).toBe(expected);
  });

const claimDeferred = (key: string, leaseMs: number): Command =>
  command(`claim deferred ${key}`, async (model, real) => {
    const expected = model.claimDeferred(key, leaseMs);
    note(real, expected, await real.queues.claimDeferred(real.queue, [key], { leaseMs, holder: 'h' }));
  });

const advance = (ms: number): Command =>
  command(`${ms} ms pass`, async (model, real) => {
    model.nowMs += ms;
    await real.space.setClock(model.nowMs);
  });

const reclaim = (): Command =>
  command('reclaim', async (model, real) => {
    model.recover();
    await real.queues.reclaim(real.space.ns, real.queue.id, 1_000);
  });

const look = (): Command =>
  command('look', async (model, real) => {
    const bodies = async (state: 'ready' | 'leased' | 'delayed' | 'deferred') =>
      (await real.browser.page(real.queue, state, undefined, 500)).entries.map(({ body }) => body.toString()).sort();
    for (const state of ['ready', 'leased', 'delayed', 'deferred'] as const) {
      expect(await bodies(state)).toEqual(model.in(state).map(({ body }) => body).sort());
    }
    const dead = (await real.browser.page(real.queue, 'dead', undefined, 500)).entries.map(({ body, properties }) => `${body} ${properties.death?.reason}`);
    expect(dead.sort()).toEqual(model.dead());
  });

const purge = (): Command =>
  command('purge', async (model, real) => {
    expect(await real.queues.purgeReady(real.queue)).toBe(model.purge());
  });

const pause = (on: boolean): Command =>
  command(on ? 'pause' : 'resume', async (model, real) => {
    model.paused = on;
    await (on ? real.control.pause(real.queue, null) : real.control.resume(real.queue));
  });

const parkOrNot = (on: boolean, group: string): Command =>
  command(`${on ? 'park' : 'unpark'} ${group}`, async (model, real) => {
    const expected = on ? model.park(group) : model.unpark(group);
    const done = on ? real.control.park(real.queue, group, 'by hand') : real.control.unpark(real.queue, group);
    expect(await done.then(() => true, (error: unknown) => (error instanceof WaybillError && error.code === 'group_not_found' ? false : Promise.reject(error)))).toBe(expected);
  }, (model) => model.grouped);

const groups = fc.constantFrom('', 'a', 'b', 'c');
const keys = fc.constantFrom('k1', 'k2');
const delays = fc.constantFrom(0, 0, 0, 1_000, 30_000);
const leases = fc.constantFrom(1_000, 5_000, 30_000);

const commands: fc.Arbitrary<Command>[] = [
  fc.record({
    group: groups, priority: fc.integer({ min: 0, max: 9 }), delayMs: delays,
    ttlMs: fc.constantFrom(undefined, undefined, 2_000, 40_000), dedupId: fc.constantFrom(undefined, 'x', 'y', 'z'),
  }).map(publish),
  fc.record({ group: groups, priority: fc.integer({ min: 0, max: 9 }), delayMs: fc.constant(0), ttlMs: fc.constant(undefined), dedupId: fc.constant(undefined) }).map(publish),
  fc.tuple(fc.integer({ min: 1, max: 5 }), leases).map(([max, lease]) => claim(max, lease)),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1_000, 5_000, 0, 'none' as const)).map(([max, lease]) => claim(max, lease)),
  fc.tuple(fc.nat(), fc.constantFrom('accept', 'release', 'reject', 'extend', 'defer'), delays, keys)
    .map(([pick, action, argument, key]) => settle(pick, action, action === 'extend' || action === 'defer' ? argument + 1_000 : argument, key)),
  fc.tuple(fc.nat(), fc.constantFrom('accept', 'accept', 'release'), delays, keys).map(([pick, action, argument, key]) => settle(pick, action, argument, key)),
  fc.tuple(fc.array(fc.nat(), { maxLength: 4 }), fc.integer({ min: 1, max: 5 }), leases).map(([picks, max, lease]) => acceptAndClaim(picks, max, lease)),
  fc.tuple(keys, leases).map(([key, lease]) => claimDeferred(key, lease)),
  fc.constantFrom(1, 900, 1_000, 5_000, 61_000).map(advance),
  fc.constant(0).map(reclaim),
  fc.constant(0).map(look),
  fc.constantFrom(true, false, false).map(pause),
  fc.tuple(fc.boolean(), groups).map(([on, group]) => parkOrNot(on, group)),
  fc.constantFrom(...Array.from({ length: 5 }, (_, i) => i)).map((i) => (i === 0 ? purge() : look())),
];

const shared = {
  deliveryLimit: fc.constantFrom(null, 1, 2, 3),
  messageTtlMs: fc.constantFrom(undefined, undefined, 20_000),
  maxMessages: fc.constantFrom(undefined, undefined, 4),
  overflow: fc.constantFrom('reject', 'drop-oldest-to-dead-letters'),
  dedup: fc.constantFrom(undefined, { windowMs: 60_000, by: 'id' as const }),
};

const kinds: Record<string, fc.Arbitrary<Settings>> = {
  standard: fc.record({ ...shared, kind: fc.constant('standard') }) as fc.Arbitrary<Settings>,
  fair: fc.record({ ...shared, kind: fc.constant('standard'), fair: fc.constant(true) }) as fc.Arbitrary<Settings>,
  fifo: fc.record({ ...shared, kind: fc.constant('fifo'), poison: fc.constantFrom('dead-letter', 'park-group') }) as fc.Arbitrary<Settings>,
  priority: fc.record({ ...shared, kind: fc.constant('priority') }) as fc.Arbitrary<Settings>,
};

describe('a queue against a plain model of it', () => {
  it.each(Object.keys(kinds))('of kind %s does what the model does, over 10,000 steps', async (kind) => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(kinds[kind]!, fc.commands(commands, { maxCommands: commandsPerRun, size: 'max' }), async (settings, list) => {
        const startMs = Date.UTC(2026, 11, 1);
        const space = await TestNamespace.open({ startMs });
        try {
          const queue = await space.queue('q', settings);
          const real = new Real(space, queue);
          await fc.asyncModelRun(() => ({ model: new QueueModel(settings, startMs), real }), list);
          steps += real.steps;
        } finally {
          await space.close();
        }
      }),
      { numRuns: runs, endOnFailure: true },
    );
    expect(steps).toBeGreaterThanOrEqual(10_000);
  }, 300_000);
});
