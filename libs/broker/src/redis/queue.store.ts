import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Delivery } from '../message.js';
import type { Position } from '../position.js';
import { timeOfMs } from '../position.js';
import type { Receipt } from '../receipt.js';
import { decodeRecord } from '../record.js';
import { keys } from './keys.js';
import { Script, text } from './script.store.js';

export interface QueueRef {
  readonly ns: NamespaceId;
  readonly id: string;
  /** For errors. */
  readonly name: string;
}

export type Claim =
  | { readonly kind: 'claimed'; readonly deadlineMs: number; readonly moreWaiting: boolean; readonly deliveries: Delivery[] }
  /** `nextDueMs`: until a lease or delay may end, undefined when there is none. */
  | { readonly kind: 'empty'; readonly nextDueMs: number | undefined };

export type Settlement =
  | { readonly action: 'accept'; readonly receipt: Receipt }
  | { readonly action: 'release'; readonly receipt: Receipt; readonly delayMs: number }
  | { readonly action: 'reject'; readonly receipt: Receipt; readonly reason: string }
  | { readonly action: 'extend'; readonly receipt: Receipt; readonly leaseMs: number };

export type SettleOutcome =
  | { readonly outcome: 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'already_settled' | 'lease_lost' }
  | { readonly outcome: 'extended'; readonly deadlineMs: number };

export interface Figures {
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestReadyAgeMs: number | null;
  readonly enqueuedTotal: number;
  readonly removedTotal: number;
}

const scripts = {
  claim: new Script('claim'),
  settle: new Script('settle'),
  reclaim: new Script('reclaim'),
  due: new Script('due'),
  figures: new Script('figures'),
  purge: new Script('purge'),
  purgeDead: new Script('purge-dead'),
};

/** Bytes of records in one claim, so that an answer stays within a few MiB. */
const claimBytes = 4 * 1024 * 1024;
const purgeSteps = { read: 100, unread: 10_000 };

/** One queue's messages: leased, settled, taken back, counted, purged. Every call fails with `queue_not_found` when the queue is gone. */
export class QueueStore {
  constructor(private readonly redis: Redis) {}

  /** Leases up to `max` messages; `leaseMs` undefined takes the queue's own. */
  async claim(queue: QueueRef, max: number, leaseMs?: number): Promise<Claim> {
    const reply = await this.#run(scripts.claim, queue, [...leaseKeys(queue)], [queue.id, max, leaseMs ?? '', claimBytes]);
    if (text(reply[0]) === 'empty') {
      const nextDueMs = reply[1] as number;
      return { kind: 'empty', nextDueMs: nextDueMs < 0 ? undefined : nextDueMs };
    }
    const deliveries: Delivery[] = [];
    for (let i = 3; i < reply.length; i += 3) {
      const count = reply[i + 1];
      deliveries.push({
        position: Number(text(reply[i])),
        deliveries: typeof count === 'number' ? count : Number(text(count)),
        ...decodeRecord(reply[i + 2] as Buffer),
      });
    }
    return { kind: 'claimed', deadlineMs: reply[1] as number, moreWaiting: reply[2] === 1, deliveries };
  }

  /** One outcome per settlement, in order. */
  async settle(queue: QueueRef, settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const { ns, id } = queue;
    const reply = await this.#run(
      scripts.settle,
      queue,
      [...leaseKeys(queue), keys.settled(ns, id), keys.settledBefore(ns, id), keys.wake(ns)],
      [id, ...settlements.flatMap(argumentsOf)],
    );
    return reply.slice(1).map((outcome): SettleOutcome =>
      typeof outcome === 'number'
        ? { outcome: 'extended', deadlineMs: outcome }
        : { outcome: text(outcome) as Exclude<SettleOutcome['outcome'], 'extended'> },
    );
  }

  /** Queues of the namespace in which something may have run out, earliest first. */
  async due(ns: NamespaceId, most: number): Promise<string[]> {
    return (await scripts.due.run(this.redis, [keys.due(ns)], [most])).map(text);
  }

  /** Takes back leases and delays that ended; `gone` when the queue was deleted. */
  async reclaim(ns: NamespaceId, queueId: string, most: number): Promise<{ returned: number; dead: number; more: boolean } | 'gone'> {
    const reply = await scripts.reclaim.run(this.redis, [...leaseKeys({ ns, id: queueId }), keys.wake(ns)], [queueId, most]);
    if (text(reply[0]) === 'queue_not_found') return 'gone';
    return { returned: reply[1] as number, dead: reply[2] as number, more: reply[3] === 1 };
  }

  async figures(queue: QueueRef): Promise<Figures> {
    const reply = await this.#run(scripts.figures, queue, leaseKeys(queue).slice(0, 6), []);
    const [, ready, leased, delayed, dead, oldest, enqueuedTotal, removedTotal, nowMs] = reply as [Buffer, number, number, number, number, Buffer, number, number, number];
    return {
      ready, leased, delayed, dead, enqueuedTotal, removedTotal,
      oldestReadyAgeMs: oldest.length === 0 ? null : Math.max(0, nowMs - timeOfMs(Number(text(oldest)))),
    };
  }

  /** Removes what is ready now, step by step; what is published meanwhile stays. Returns how many. */
  async purgeReady(queue: QueueRef): Promise<number> {
    const last: Position = Number((await this.redis.get(keys.position(queue.ns))) ?? 0);
    for (let purged = 0; ; ) {
      const reply = await this.#run(scripts.purge, queue, leaseKeys(queue).slice(0, 5), [last, last + 1, purgeSteps.read, purgeSteps.unread]);
      purged += reply[1] as number;
      if (reply[2] !== 1) return purged;
    }
  }

  /** Removes the dead letters there are now. Returns how many. */
  async purgeDead(queue: QueueRef): Promise<number> {
    const dead = keys.dead(queue.ns, queue.id);
    let left = await this.redis.xlen(dead);
    let purged = 0;
    while (left > 0) {
      const reply = await this.#run(scripts.purgeDead, queue, [keys.queue(queue.ns, queue.id), dead], [Math.min(left, purgeSteps.unread)]);
      const removed = reply[1] as number;
      if (removed === 0) break;
      purged += removed;
      left -= removed;
    }
    return purged;
  }

  async #run(script: Script, queue: QueueRef, scriptKeys: string[], args: (string | number)[]): Promise<unknown[]> {
    const reply = await script.run(this.redis, scriptKeys, args);
    if (text(reply[0]) === 'queue_not_found') throw new WaybillError('queue_not_found', { queue: queue.name });
    return reply;
  }
}

function leaseKeys({ ns, id }: Pick<QueueRef, 'ns' | 'id'>): string[] {
  return [
    keys.queue(ns, id), keys.messages(ns, id), keys.returned(ns, id), keys.leased(ns, id), keys.delayed(ns, id), keys.dead(ns, id),
    keys.due(ns), keys.openUsage(ns), keys.position(ns),
  ];
}

function argumentsOf(settlement: Settlement): (string | number)[] {
  const { action, receipt } = settlement;
  const member = `${receipt.position}:${receipt.deliveries}`;
  switch (action) {
    case 'accept':
      return [action, member, ''];
    case 'release':
      return [action, member, settlement.delayMs];
    case 'reject':
      return [action, member, settlement.reason];
    case 'extend':
      return [action, member, settlement.leaseMs];
  }
}
