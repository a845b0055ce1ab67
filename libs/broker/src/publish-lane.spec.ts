import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { PublishLane } from './publish-lane.js';
import type { PublishUnit } from './publish-lane.js';
import type { PublishCall, Stored } from './redis/message.store.js';
import type { MessageStore } from './redis/message.store.js';
import type { NamespaceTopology } from './topology-cache.js';

const ns = 'ns_1' as NamespaceId;
const route = { queues: [], exchanges: [] };
const topology = { version: '1', table: {}, refresh: () => Promise.resolve() } as unknown as NamespaceTopology;

const unit = (records: number): PublishUnit =>
  ({ records: Array.from({ length: records }, () => ({ bytes: Buffer.alloc(8), kib: 1, key: '', meteredBytes: 8 })), bytes: 8 * records, atomic: false, publishedBy: 'key', route: () => route, extra: () => undefined }) as unknown as PublishUnit;

/** Keeps calls until the test answers them; `elsewhere` messages were published by others before the next one. */
class HeldStore {
  readonly calls: { readonly records: number; answer(elsewhere?: number): Promise<void> }[] = [];
  #last = 1000;

  publish(_ns: NamespaceId, { records }: PublishCall): Promise<Stored> {
    return new Promise((resolve) => {
      this.calls.push({
        records: records.length,
        answer: async (elsewhere = 0) => {
          const before = this.#last + elsewhere;
          this.#last = before + records.length;
          resolve({ first: before + 1, before, exceptions: [] });
          await turn();
        },
      });
    });
  }

  get sizes(): number[] {
    return this.calls.map(({ records }) => records);
  }
}

/** A turn of the event loop, in which what waited for it is sent. */
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a publish lane', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] }));
  afterEach(() => void jest.useRealTimers());

  function open() {
    const store = new HeldStore();
    const lane = new PublishLane(ns, topology, store as unknown as MessageStore);
    const publish = async (calls: number, records = 1) => {
      for (let call = 0; call < calls; call += 1) lane.publish(unit(records)).catch(() => undefined);
      await turn();
    };
    return { store, publish };
  }

  /** A lane that has answered ten callers beside another gateway. */
  async function openBesideOthers() {
    const opened = open();
    await opened.publish(1);
    await opened.store.calls[0]?.answer();
    await opened.publish(10);
    await opened.store.calls[1]?.answer(5);
    return opened;
  }

  it('alone, sends what comes after an answer at once', async () => {
    const { store, publish } = open();
    await publish(10);
    await store.calls[0]?.answer();
    await publish(1);
    expect(store.sizes).toEqual([10, 1]);
  });

  it('beside others, waits for nearly all it has answered and sends them as one call', async () => {
    const { store, publish } = await openBesideOthers();
    await publish(4);
    await publish(4);
    expect(store.sizes).toEqual([1, 10]);
    await publish(1);
    expect(store.sizes).toEqual([1, 10, 9]);
  });

  it('beside others, waits no longer than a millisecond', async () => {
    const { store, publish } = await openBesideOthers();
    await publish(4);
    jest.advanceTimersByTime(1);
    await turn();
    expect(store.sizes).toEqual([1, 10, 4]);
  });

  it('beside others, sends a second call only when it is a full one', async () => {
    const { store, publish } = await openBesideOthers();
    await publish(10);
    await publish(2, 100);
    expect(store.sizes).toEqual([1, 10, 9]);
    await publish(1, 100);
    expect(store.sizes).toEqual([1, 10, 9, 201]);
  });
});
