import { WaybillError } from '@waybill/kernel';
import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import type { Delivery } from '../message.js';
import { messageIdOf, timeOfMs } from '../position.js';
import type { Position } from '../position.js';
import { leaseOf, leasesOf } from '../receipt.js';
import type { Receipt } from '../receipt.js';
import { decodeRecord } from '../record.js';
import { keys, namespaceKeys, queueKeys } from './keys.js';
import { Script, text } from './script.store.js';

export interface QueueRef {
  readonly ns: NamespaceId;
  readonly id: string;
  /** For errors. */
  readonly name: string;
}

export interface ClaimRequest {
  readonly max: number;
  /** Undefined: the queue's own. 0: over at once. `none`: accepted when it is handed out, at most once. */
  readonly leaseMs?: number | 'none' | undefined;
  /** Shown as the holder of the leases. */
  readonly holder: string;
  /** Name of the consumer; a queue with a single active consumer wants one. */
  readonly consumer?: string | undefined;
  /** For a push subscription: metered by its calls alone. */
  readonly push?: boolean | undefined;
  /** What the consumer is done with: accepted in the same step, before anything is leased, and even when nothing may be. */
  readonly accept?: readonly Receipt[] | undefined;
}

/** What became of a receipt to accept. */
export type AcceptOutcome = 'accepted' | 'already_settled' | 'lease_lost';

/** `outcomes`: of the receipts to accept, in order. */
export type Claim = { readonly outcomes: readonly AcceptOutcome[] } & (
  | { readonly kind: 'claimed'; readonly deadlineMs: number; readonly moreWaiting: boolean; readonly deliveries: Delivery[] }
  /** `nextDueMs`: until something may end, undefined when there is nothing. `activeConsumer`: who gets the messages instead. */
  | { readonly kind: 'empty'; readonly nextDueMs: number | undefined; readonly paused: boolean; readonly activeConsumer?: string | undefined }
);

export type Settlement =
  | { readonly action: 'accept'; readonly receipt: Receipt }
  | { readonly action: 'release'; readonly receipt: Receipt; readonly delayMs: number }
  | { readonly action: 'reject'; readonly receipt: Receipt; readonly reason: string }
  | { readonly action: 'extend'; readonly receipt: Receipt; readonly leaseMs: number }
  | { readonly action: 'defer'; readonly receipt: Receipt; readonly key: string; readonly returnMs: number };

export type SettleOutcome =
  | { readonly outcome: 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'deferred' | 'already_settled' | 'lease_lost' | 'deferred_key_taken' }
  | { readonly outcome: 'extended'; readonly deadlineMs: number };

export interface Figures {
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly deferred: number;
  readonly dead: number;
  /** Of records, in any state but dead. */
  readonly bytes: number;
  readonly paused: boolean;
  readonly activeConsumer: string | null;
  readonly parkedGroups: number;
  readonly oldestReadyAgeMs: number | null;
  readonly enqueuedTotal: number;
  readonly removedTotal: number;
}

const scripts = {
  claim: new Script('claim'),
  claimDeferred: new Script('claim-deferred'),
  settle: new Script('settle'),
  reclaim: new Script('reclaim'),
  due: new Script('due'),
  figures: new Script('figures'),
  purge: new Script('purge'),
};

/** Bytes of records in one claim, so that an answer stays within a few MiB. */
const claimBytes = 4 * 1024 * 1024;
/** How long a single active consumer that is silent keeps its place; consumers that wait look again more often. */
export const activeConsumerMs = 30_000;
const purgeStep = 500;

/** One queue's messages: leased, settled, taken back, counted, purged. Every call fails with `queue_not_found` when the queue is gone. */
export class QueueStore {
  #nextClaims = 0;

  /** @param claims  what claims go over, in turn: Redis writes 64 KiB of an answer to a connection in one turn of its event loop */
  constructor(
    private readonly redis: Redis,
    private readonly claims: readonly Redis[] = [redis],
  ) {}

  /** Leases up to `max` messages. Fails with `consumer_required`, `payment_overdue`. */
  async claim(queue: QueueRef, { max, leaseMs, holder, consumer, push, accept = [] }: ClaimRequest): Promise<Claim> {
    const args = [max, leaseMs ?? '', claimBytes, holder, consumer ?? '', activeConsumerMs, push ? 'push' : '', leasesOf(accept)];
    const reply = await runOn(this.#claimsInTurn(), scripts.claim, queue, args);
    switch (text(reply[0])) {
      case 'shut':
        throw new WaybillError('payment_overdue');
      case 'consumer_required':
        throw new WaybillError('consumer_required');
      case 'empty': {
        const [, outcomes, nextDueMs, why, active] = reply as [Buffer, Buffer, number, number, Buffer];
        return {
          kind: 'empty', outcomes: outcomesOf(outcomes), nextDueMs: nextDueMs < 0 ? undefined : nextDueMs, paused: why === 1, activeConsumer: why === 2 ? active.toString('utf8') : undefined,
        };
      }
      default:
        return claimed(reply);
    }
  }

  #claimsInTurn(): Redis {
    this.#nextClaims = (this.#nextClaims + 1) % this.claims.length;
    return this.claims[this.#nextClaims] as Redis;
  }

  /** Leases the messages deferred under these keys; keys without a message are left out. Fails with `payment_overdue`. */
  async claimDeferred(queue: QueueRef, deferKeys: readonly string[], { leaseMs, holder }: { readonly leaseMs?: number | undefined; readonly holder: string }): Promise<Extract<Claim, { kind: 'claimed' }>> {
    const reply = await runOn(this.redis, scripts.claimDeferred, queue, [leaseMs ?? '', holder, ...deferKeys]);
    if (text(reply[0]) === 'shut') throw new WaybillError('payment_overdue');
    return claimed(reply);
  }

  /** One outcome per settlement, in order. */
  async settle(queue: QueueRef, settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const args = settlements.every(({ action }) => action === 'accept') ? ['accept all', leasesOf(settlements.map(({ receipt }) => receipt))] : settlements.flatMap(argumentsOf);
    const reply = await runOn(this.redis, scripts.settle, queue, args);
    return reply.slice(1).map(settleOutcomeOf);
  }

  /** One outcome per receipt, in order. */
  async accept(queue: QueueRef, receipts: readonly Receipt[]): Promise<AcceptOutcome[]> {
    const outcomes = await this.settle(queue, receipts.map((receipt) => ({ action: 'accept', receipt })));
    return outcomes.map(({ outcome }) => outcome as AcceptOutcome);
  }

  /** Queues of the namespace in which something may have run out, earliest first. */
  async due(ns: NamespaceId, most: number): Promise<string[]> {
    return (await scripts.due.run(this.redis, [keys.due(ns)], [most])).map(text);
  }

  /** Takes back what ended; `gone` when the queue was deleted. */
  async reclaim(ns: NamespaceId, queueId: string, most: number): Promise<{ returned: number; dead: number; more: boolean } | 'gone'> {
    const reply = await scripts.reclaim.run(this.redis, [...namespaceKeys(ns), ...queueKeys(ns, queueId)], [queueId, most]);
    if (text(reply[0]) === 'queue_not_found') return 'gone';
    return { returned: reply[1] as number, dead: reply[2] as number, more: reply[3] === 1 };
  }

  async figures(queue: QueueRef): Promise<Figures> {
    const reply = await runOn(this.redis, scripts.figures, queue, []);
    const [ready, leased, delayed, deferred, dead, bytes] = reply.slice(1, 7) as [number, number, number, number, number, number];
    const [oldest, enqueuedTotal, removedTotal, nowMs, paused, active, parkedGroups] = reply.slice(7) as [Buffer, number, number, number, Buffer, Buffer, number];
    return {
      ready, leased, delayed, deferred, dead, bytes, enqueuedTotal, removedTotal, parkedGroups,
      paused: paused.length > 0,
      activeConsumer: active.length === 0 ? null : active.toString('utf8'),
      oldestReadyAgeMs: oldest.length === 0 ? null : Math.max(0, nowMs - timeOfMs(Number(text(oldest)))),
    };
  }

  /** Removes what is ready now, step by step; what is published meanwhile stays. Returns how many. */
  async purgeReady(queue: QueueRef): Promise<number> {
    const last: Position = Number((await this.redis.get(keys.position(queue.ns))) ?? 0);
    let purged = 0;
    for (let after = '0'; after !== ''; ) {
      const reply = await runOn(this.redis, scripts.purge, queue, [after, last, purgeStep]);
      purged += reply[1] as number;
      after = text(reply[2]);
    }
    return purged;
  }
}

/** Runs a script on one queue. Fails with `queue_not_found`. */
export async function runOn(redis: Redis, script: Script, queue: QueueRef, args: readonly (string | number)[]): Promise<unknown[]> {
  const reply = await script.run(redis, [...namespaceKeys(queue.ns), ...queueKeys(queue.ns, queue.id)], [queue.id, ...args]);
  if (text(reply[0]) === 'queue_not_found') throw new WaybillError('queue_not_found', { queue: queue.name });
  return reply;
}

/** Size of a record as leases name it (redis/lua/line.lua). */
function sizeOf(record: Buffer): string {
  return (record[4] as number) >= 0x80 ? `${record.length}L` : String(record.length);
}

const acceptOutcomes: Readonly<Record<string, AcceptOutcome>> = { a: 'accepted', s: 'already_settled', l: 'lease_lost' };

/** A letter for each (redis/lua/claim.lua). */
function outcomesOf(letters: unknown): readonly AcceptOutcome[] {
  return Array.from(text(letters), (letter) => acceptOutcomes[letter] as AcceptOutcome);
}

/** What stands before the records of a claim. */
const claimHead = 6;

function claimed(reply: readonly unknown[]): Extract<Claim, { kind: 'claimed' }> {
  const [, outcomes, deadlineMs, more, holder, allNames] = reply as [Buffer, Buffer, number, number, number, Buffer];
  // One text for all of them: the client takes as long for each part of an answer as for a record.
  const names = text(allNames).split(' ');
  const deliveries: Delivery[] = [];
  for (const [i, name] of names.entries()) {
    const record = reply[claimHead + i] as Buffer | undefined;
    if (record === undefined) break;
    const colon = name.indexOf(':');
    // What may follow the count of deliveries is for the message log.
    const [position, count] = [Number(name.slice(0, colon)), Number.parseInt(name.slice(colon + 1), 10)];
    const { properties, body } = decodeRecord(record);
    deliveries.push({
      id: properties.id ?? messageIdOf(position), position, deliveries: count, properties, body, receipt: { position, deliveries: count, size: sizeOf(record), holder },
    });
  }
  return { kind: 'claimed', outcomes: outcomesOf(outcomes), deadlineMs, moreWaiting: more === 1, deliveries };
}

export function settleOutcomeOf(outcome: unknown): SettleOutcome {
  return typeof outcome === 'number' ? { outcome: 'extended', deadlineMs: outcome } : { outcome: text(outcome) as Exclude<SettleOutcome['outcome'], 'extended'> };
}

export function argumentsOf(settlement: Settlement): (string | number)[] {
  const { action, receipt } = settlement;
  const lease = leaseOf(receipt);
  switch (action) {
    case 'accept':
      return [action, lease, '', ''];
    case 'release':
      return [action, lease, settlement.delayMs, ''];
    case 'reject':
      return [action, lease, settlement.reason, ''];
    case 'extend':
      return [action, lease, settlement.leaseMs, ''];
    case 'defer':
      return [action, lease, settlement.key, settlement.returnMs];
  }
}
