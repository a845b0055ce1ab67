import { positionAtMs } from '../position-time.js';
import type { HeldLog } from './held-log.js';
import { publishFields, queueFields } from './held-log.js';

/** Numbers that look random and are the same in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const regions = ['eu', 'us', 'ap'];
const verbs = ['created', 'paid', 'packed', 'shipped', 'returned'];
const plan = {
  cause: 'publish',
  queues: ['q_06f1v3a8q0e1k2m3n4p5q6r7s8', 'q_06f1v3a8q0e1k2m3n4p5q6r7s9', 'q_06f1v3a8q0e1k2m3n4p5q6r7t0'],
  routes: [
    { on: 'x_06f1v3a8q0e1k2m3n4p5q6r7a1', exchanges: ['x_06f1v3a8q0e1k2m3n4p5q6r7a1'], queues: [0] },
    { on: 'x_06f1v3a8q0e1k2m3n4p5q6r7a1', exchanges: ['x_06f1v3a8q0e1k2m3n4p5q6r7a1'], queues: [1] },
    { on: 'x_06f1v3a8q0e1k2m3n4p5q6r7a1', exchanges: ['x_06f1v3a8q0e1k2m3n4p5q6r7a1', 'x_06f1v3a8q0e1k2m3n4p5q6r7a2'], queues: [0, 2] },
  ],
};

interface Waiting {
  readonly queue: number;
  readonly positions: number[];
}

/**
 * Orders of three regions, each with a number of its own in the key, published by two keys in calls of some dozens, leased
 * ten at a time by four consumers and accepted a while later; a few are released or die. Returns how many rows were written.
 */
export function addTraffic(log: HeldLog, { fromMs, messages }: { fromMs: number; messages: number }): { events: number; lastMs: number } {
  const below = seeded(7);
  const waiting: Waiting[] = plan.queues.map((_, queue) => ({ queue, positions: [] }));
  const leased: { queue: number; list: number[]; atMs: number }[] = [];
  let [published, events, atMs, order] = [0, 0, fromMs, 480_000];
  const lease = ({ queue, positions }: Waiting): void => {
    const list = positions.splice(0, 10);
    log.add(atMs, queueFields('c', plan.queues[queue]!, list.map((position) => `${position}:1`).join(' '), `worker-${below(4)}`));
    leased.push({ queue, list, atMs });
    events += list.length;
  };
  const settle = ({ queue, list }: { queue: number; list: number[] }): void => {
    const items = list.map((position) => {
      const chance = below(100);
      return chance === 0 ? `x${position}:1:card%20declined` : chance < 3 ? `r${position}:1:${1_000 + below(4_000)}` : `a${position}:1`;
    });
    log.add(atMs, queueFields('s', plan.queues[queue]!, items.join(' ')));
    events += list.length;
  };
  while (published < messages || leased.length > 0 || waiting.some(({ positions }) => positions.length > 0)) {
    atMs += 1 + below(4);
    if (published < messages) {
      const count = Math.min(messages - published, 1 + below(60));
      const first = positionAtMs(atMs);
      const items = Array.from({ length: count }, (_, i) => {
        const route = below(10) === 0 ? 2 : below(2);
        for (const queue of plan.routes[route]!.queues) waiting[queue]!.positions.push(first + i);
        return { route, bytes: 180 + below(1_800), key: `order.${verbs[below(5)]}.${regions[below(3)]}.${(order += 1 + below(3))}` };
      });
      const cut = below(count + 1);
      const runs = [{ publishedBy: '3kq8w1zt7c', messages: items.slice(0, cut) }, { publishedBy: '9xm2p5rs4d', messages: items.slice(cut) }].filter((run) => run.messages.length > 0);
      log.add(atMs, publishFields(first, plan, runs));
      published += count;
      events += count;
    }
    for (const each of waiting) while (each.positions.length >= 10 || (published >= messages && each.positions.length > 0)) lease(each);
    while (leased[0] !== undefined && (leased[0].atMs < atMs - 40 || published >= messages)) settle(leased.shift()!);
  }
  return { events, lastMs: atMs };
}

