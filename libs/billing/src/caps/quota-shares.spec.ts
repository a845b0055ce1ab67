import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NamespaceId } from '@waybill/kernel';
import { shareQuota } from './quota-shares.js';
import type { QuotaGates, Sharer } from './quota-shares.js';

/** What publish.lua does with limits, and publishes that come between any two steps of who shares. */
class Gateways implements QuotaGates {
  readonly used = new Map<string, bigint>();
  readonly limits = new Map<string, bigint>();
  readonly noted = new Map<string, bigint>();
  #next = 0;

  constructor(
    private readonly publishes: readonly (readonly [namespace: number, units: number])[],
    /** Of each step: whether what is noted comes into force at once. */
    private readonly reached: readonly boolean[],
    readonly ids: readonly NamespaceId[],
  ) {}

  publish(id: string, units: bigint): boolean {
    const used = this.used.get(id) ?? 0n;
    if (used + units > (this.limits.get(id) ?? 0n)) return false;
    this.used.set(id, used + units);
    return true;
  }

  #meanwhile(): void {
    for (let i = 0; i < 3 && this.publishes.length > 0; i += 1) {
      const [namespace, units] = this.publishes[this.#next % this.publishes.length]!;
      this.#next += 1;
      this.publish(this.ids[namespace % this.ids.length]!, BigInt(units));
    }
  }

  async quota(id: NamespaceId) {
    this.#meanwhile();
    const limit = this.limits.get(id);
    return { limits: limit === undefined ? null : { mq_messages: limit }, used: { mq_messages: this.used.get(id) ?? 0n } };
  }

  async set(id: NamespaceId, { limits }: { limits: Readonly<Record<string, string>> }): Promise<'in_force' | 'noted'> {
    this.#meanwhile();
    this.noted.set(id, BigInt(limits['mq_messages']!));
    const reached = this.reached.length === 0 || this.reached[this.#next % this.reached.length]!;
    if (reached) this.relay(id);
    this.#meanwhile();
    return reached ? 'in_force' : 'noted';
  }

  relay(id: string): void {
    this.limits.set(id, this.noted.get(id)!);
  }

  sharers(closed: readonly boolean[] = [], asking: readonly boolean[] = []): Sharer[] {
    return this.ids.map((id, i) => ({ id, noted: this.noted.has(id) ? { mq_messages: this.noted.get(id)! } : null, ledger: {}, closed: closed[i] ?? false, asking: asking[i] ?? false }));
  }

  get total(): bigint {
    return [...this.used.values()].reduce((a, b) => a + b, 0n);
  }

  get bound(): bigint {
    return this.ids.reduce((sum, id) => sum + [this.limits.get(id) ?? 0n, this.noted.get(id) ?? 0n, this.used.get(id) ?? 0n].reduce((a, b) => (a > b ? a : b)), 0n);
  }
}

const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `ns_${i}` as NamespaceId);
const publishes = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 1, max: 9 })), { maxLength: 30 });
const setUp = fc.record({ count: fc.integer({ min: 1, max: 5 }), quota: fc.bigInt({ min: 0n, max: 500n }), publishes, rounds: fc.integer({ min: 1, max: 12 }) });

describe('the quota of several namespaces', () => {
  it('is never passed, whatever is published between any two steps and whichever limit is late', async () => {
    await fc.assert(
      fc.asyncProperty(setUp, fc.array(fc.boolean(), { maxLength: 9 }), fc.array(fc.boolean(), { maxLength: 5 }), fc.array(fc.array(fc.boolean(), { maxLength: 5 }), { maxLength: 4 }), async ({ count, quota, publishes: published, rounds }, reached, late, asking) => {
        const gateways = new Gateways(published, reached, idsOf(count));
        for (let round = 0; round < rounds; round += 1) {
          await shareQuota(gateways, { mq_messages: quota }, gateways.sharers([], asking[round % Math.max(1, asking.length)]), round);
          expect(gateways.bound).toBeLessThanOrEqual(quota);
          // The relay catches up with some of what was only noted.
          for (const [i, id] of gateways.ids.entries()) if (late[i] && gateways.noted.has(id)) gateways.relay(id);
        }
        expect(gateways.total).toBeLessThanOrEqual(quota);
      }),
      { numRuns: 500 },
    );
  });

  it('can be used whole, by whoever goes on publishing', async () => {
    await fc.assert(
      fc.asyncProperty(setUp, fc.nat(), async ({ count, quota, publishes: published, rounds }, who) => {
        const gateways = new Gateways(published, [], idsOf(count));
        for (let round = 0; round < rounds; round += 1) await shareQuota(gateways, { mq_messages: quota }, gateways.sharers(), round);
        const id = gateways.ids[who % count]!;
        const quiet = new Gateways([], [], gateways.ids);
        for (const [map, from] of [[quiet.used, gateways.used], [quiet.limits, gateways.limits], [quiet.noted, gateways.noted]] as const) for (const [key, value] of from) map.set(key, value);
        for (let look = 0; look < 40; look += 1) {
          while (quiet.publish(id, 1n));
          await shareQuota(quiet, { mq_messages: quota }, quiet.sharers(), look);
        }
        expect(quiet.total).toBe(quota);
      }),
      { numRuns: 200 },
    );
  });

  it('is given at the next look to who was refused, whatever is kept for the others', async () => {
    await fc.assert(
      fc.asyncProperty(setUp, fc.nat(), async ({ count, quota, publishes: published, rounds }, who) => {
        const gateways = new Gateways(published, [], idsOf(count));
        for (let round = 0; round < rounds; round += 1) await shareQuota(gateways, { mq_messages: quota }, gateways.sharers(), round);
        const quiet = new Gateways([], [], gateways.ids);
        for (const [map, from] of [[quiet.used, gateways.used], [quiet.limits, gateways.limits], [quiet.noted, gateways.noted]] as const) for (const [key, value] of from) map.set(key, value);
        // One call as large as all that is left but the tails of the others, refused as long as parts are equal.
        const batch = quota - quiet.total - 4n * BigInt(count - 1);
        fc.pre(batch > 4n);
        const id = gateways.ids[who % count]!;
        if (!quiet.publish(id, batch)) {
          await shareQuota(quiet, { mq_messages: quota }, quiet.sharers([], gateways.ids.map((each) => each === id)), rounds);
          expect(quiet.publish(id, batch)).toBe(true);
        }
        expect(quiet.bound).toBeLessThanOrEqual(quota);
      }),
      { numRuns: 300 },
    );
  });

  it('is left as it is while nobody needs more, and counts what a closed namespace used', async () => {
    const gateways = new Gateways([], [], idsOf(2));
    expect(await shareQuota(gateways, { mq_messages: 100n }, gateways.sharers(), 0)).toBe(4);
    expect(await shareQuota(gateways, { mq_messages: 100n }, gateways.sharers(), 0)).toBe(0);
    gateways.publish('ns_0', 30n);
    gateways.publish('ns_1', 40n);
    await shareQuota(gateways, { mq_messages: 100n }, gateways.sharers([true]), 0);
    expect([...gateways.limits.values()]).toEqual([50n, 70n]);
  });

  it('is lowered for all when the plan has less', async () => {
    const gateways = new Gateways([], [], idsOf(2));
    await shareQuota(gateways, { mq_messages: 100n }, gateways.sharers(), 0);
    gateways.publish('ns_0', 10n);
    await shareQuota(gateways, { mq_messages: 40n }, gateways.sharers(), 0);
    expect(gateways.bound).toBe(40n);
  });
});
