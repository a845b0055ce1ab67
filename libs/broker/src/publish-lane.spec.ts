import { afterEach, describe, expect, it } from '@jest/globals';
import type { NamespaceId } from '@waybill/kernel';
import { emptyHeaders, encodeRecord } from './record.js';
import { PublishLane } from './publish-lane.js';
import type { PublishUnit } from './publish-lane.js';
import type { MessageStore, PublishCall, Stored } from './redis/message.store.js';
import type { Route } from './routing/routing-table.js';
import type { NamespaceTopology } from './topology-cache.js';

const route: Route = { exchanges: [], queues: [], meteredOn: 'q_1' };

const unit = (key: string, count = 1): PublishUnit => {
  const record = encodeRecord({ key, contentType: 'text/plain', priority: 0, headers: emptyHeaders }, Buffer.alloc(0));
  return { records: Array.from({ length: count }, () => record), bytes: record.bytes.length * count, atomic: true, publishedBy: '', route: () => route, extra: () => undefined };
};

/** A store that answers when the test says so. */
class HeldStore {
  readonly calls: { readonly keys: string[]; answer(stored: Stored | 'stale'): void }[] = [];

  publish(_ns: NamespaceId, { records }: PublishCall): Promise<Stored | 'stale'> {
    return new Promise((answer) => this.calls.push({ keys: records.map(({ key }) => key), answer }));
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a publish lane', () => {
  let store = new HeldStore();
  const open = (): PublishLane => {
    store = new HeldStore();
    const topology = { version: '1', table: {}, refresh: () => Promise.resolve() } as unknown as NamespaceTopology;
    return new PublishLane('ns_1' as NamespaceId, topology, store as unknown as MessageStore);
  };
  const sizes = () => store.calls.map(({ keys }) => keys.length);

  afterEach(() => {
    for (const { answer } of store.calls) answer({ first: 1, exceptions: [] });
  });

  it('sends what comes in one turn of the event loop as one call, and a lone message after that turn', async () => {
    const lane = open();
    const published = lane.publish(unit('only'));
    await turns(1);
    expect(store.calls.map(({ keys }) => keys)).toEqual([['only']]);
    store.calls[0]?.answer({ first: 4096, exceptions: [] });
    expect((await published)[0]?.outcome).toBe('stored');
    for (const key of ['a', 'b', 'c']) void lane.publish(unit(key));
    await turns(1);
    expect(store.calls[1]?.keys).toEqual(['a', 'b', 'c']);
  });

  it('lets those who were answered and publish again at once go with those who waited, in the order in which they came', async () => {
    const lane = open();
    const again = lane.publish(unit('first')).then(() => turns(1)).then(() => void lane.publish(unit('second')));
    await turns(1);
    void lane.publish(unit('waited'));
    store.calls[0]?.answer({ first: 1, exceptions: [] });
    await again;
    await turns(2);
    expect(store.calls.map(({ keys }) => keys)).toEqual([['first'], ['waited', 'second']]);
  });

  it('has a second call on its way when as much waits as the first one has, and never a third', async () => {
    const lane = open();
    void lane.publish(unit('a', 100));
    await turns(1);
    void lane.publish(unit('b', 99));
    await turns(4);
    expect(sizes()).toEqual([100]);
    void lane.publish(unit('c', 1));
    expect(sizes()).toEqual([100, 100]);
    void lane.publish(unit('d', 500));
    await turns(4);
    expect(sizes()).toEqual([100, 100]);
    store.calls[0]?.answer({ first: 1, exceptions: [] });
    await turns(1);
    expect(sizes()).toEqual([100, 100, 500]);
  });

  it('keeps small calls back while one is on its way, whatever it has', async () => {
    const lane = open();
    void lane.publish(unit('a'));
    await turns(1);
    void lane.publish(unit('b', 63));
    await turns(4);
    expect(sizes()).toEqual([1]);
    void lane.publish(unit('c'));
    expect(sizes()).toEqual([1, 64]);
  });

  it('does not wait for more when there is plenty', () => {
    const lane = open();
    for (let i = 0; i < 256; i += 1) void lane.publish(unit(`m${i}`));
    expect(sizes()).toEqual([256]);
  });

  it('sends what waited behind a call that was stale', async () => {
    const lane = open();
    const first = lane.publish(unit('first'));
    await turns(1);
    const last = lane.publish(unit('last'));
    store.calls[0]?.answer('stale');
    await turns(4);
    expect(store.calls.map(({ keys }) => keys)).toEqual([['first'], ['first']]);
    store.calls[1]?.answer({ first: 1, exceptions: [] });
    await first;
    await turns(3);
    expect(store.calls[2]?.keys).toEqual(['last']);
    store.calls[2]?.answer({ first: 2, exceptions: [] });
    expect((await last)[0]?.outcome).toBe('stored');
    expect(lane.idle).toBe(true);
  });
});
