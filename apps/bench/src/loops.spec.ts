import { describe, expect, it } from '@jest/globals';
import { drain, endToEnd, fill, publish } from './loops.js';
import type { Sink, Transport } from './peers/transport.js';

/** A broker in memory. `loses` every so many-th message; `doubles` likewise. */
class Memory implements Transport {
  waiting = 0;
  most = 0;
  published = 0;
  #sink: Sink | undefined;

  constructor(private readonly batch: number, private readonly spoil: (n: number) => number = () => 1) {}

  async publish(): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < this.batch; i += 1) this.waiting += this.spoil((this.published += 1));
    this.most = Math.max(this.most, this.waiting);
    setImmediate(() => this.#deliver());
    return this.batch;
  }

  async send(): Promise<void> {
    this.waiting += 1;
  }

  async consume(sink: Sink) {
    this.#sink = sink;
    setImmediate(() => this.#deliver());
    return {
      stop: async () => {
        this.#sink = undefined;
      },
    };
  }

  async empty(): Promise<void> {
    this.waiting = 0;
  }

  async close(): Promise<void> {}

  #deliver(): void {
    if (this.#sink === undefined) return;
    const messages = this.waiting;
    this.waiting = 0;
    if (messages > 0) this.#sink.settled(messages);
  }
}

const load = { lanes: 4, batch: 10, seconds: 0.05, slack: 100, arrivesEmpty: true };

describe('publishing', () => {
  it('counts what was stored', async () => {
    const memory = new Memory(10);
    const { messages, perSecond } = await publish(memory, 4, 0.05);
    expect(messages).toBe(memory.waiting);
    expect(perSecond).toBeGreaterThan(0);
  });

  it('fails when a call fails', async () => {
    const memory = new Memory(1);
    memory.publish = () => Promise.reject(new Error('the server answered 503'));
    await expect(publish(memory, 2, 0.05)).rejects.toThrow('503');
  });

  it('fills up to whole calls', async () => {
    const memory = new Memory(10);
    await fill(memory, 3, 10, 95);
    expect(memory.waiting).toBe(100);
  });
});

describe('draining', () => {
  it('ends when what was there is settled', async () => {
    const memory = new Memory(10);
    await fill(memory, 1, 10, 500);
    const { messages } = await drain(memory, 500, 30);
    expect(messages).toBe(500);
  });
});

describe('end to end', () => {
  it('keeps no more under way than it may, and settles everything', async () => {
    const memory = new Memory(10);
    const { perSecond } = await endToEnd(memory, load);
    expect(perSecond).toBeGreaterThan(0);
    expect(memory.most).toBeLessThanOrEqual(load.slack);
    expect(memory.waiting).toBe(0);
  });

  it('fails when more arrives than was published', async () => {
    await expect(endToEnd(new Memory(10, (n) => (n % 7 === 0 ? 2 : 1)), load)).rejects.toThrow(/published and \d+ settled/);
  });

  it('fails when a message does not arrive', async () => {
    await expect(endToEnd(new Memory(10, (n) => (n === 55 ? 0 : 1)), { ...load, patienceMs: 50 })).rejects.toThrow(/published and \d+ settled/);
  });

  it('fails when a consumer fails', async () => {
    const memory = new Memory(10);
    const consume = memory.consume.bind(memory);
    memory.consume = async (sink) => {
      setImmediate(() => sink.failed(new Error('not every receipt was accepted')));
      return consume(sink);
    };
    await expect(endToEnd(memory, load)).rejects.toThrow('not every receipt');
  });
});
