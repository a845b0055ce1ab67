import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { leaseOf, leasesOf } from '../receipt.js';
import type { Receipt } from '../receipt.js';
import { keys, namespaceKeys, queueKey, queueKeys } from './keys.js';
import { argumentsOf, settleOutcomeOf, QueueStore } from './queue.store.js';
import type { Claim, ClaimRequest, QueueRef, SettleOutcome, Settlement } from './queue.store.js';
import { Script, text } from './script.store.js';
import { storeErrorOf } from './store-error.js';

/** A push subscription and the queue it takes messages from. */
export interface PushRef {
  readonly subscriptionId: string;
  readonly queue: QueueRef;
}

/**
 * How a hand-out ends. `again`: back in the queue, not counted against its delivery limit; `tries` is kept with the message when
 * it is given. `tried`: tries were kept and are forgotten now.
 */
export type PushSettlement =
  | { readonly action: 'accept'; readonly receipt: Receipt; readonly tried: boolean }
  | { readonly action: 'reject'; readonly receipt: Receipt; readonly reason: string; readonly tried: boolean }
  | { readonly action: 'again'; readonly receipt: Receipt; readonly delayMs: number; readonly tries: string | null }
  | Extract<Settlement, { action: 'extend' }>;

export interface PushReport {
  /** `<run>:<number>`, another one for each call; the same when a call is repeated because its answer was lost. */
  readonly id: string;
  /** Calls to the destination. */
  readonly calls: number;
  /** For the stream; '' for none. */
  readonly attempts: string;
  /** How the destination does, to be kept; null keeps what is there. */
  readonly state: string | null;
  readonly settlements: readonly PushSettlement[];
}

export interface PushSettled {
  /** Of the newest worker that took the subscription. */
  readonly run: number;
  /** Of attempts that are not yet in the database, in the namespace. */
  readonly waitingBytes: number;
  /** One for each settlement, in order; `repeated`: the call was carried out before. */
  readonly outcomes: readonly SettleOutcome[] | 'repeated' | 'queue_gone';
}

const script = new Script('push-settle');
const accepted: SettleOutcome = { outcome: 'accepted' };
/** What is kept of a subscription that nobody works on. */
const keptMs = 45 * 86_400_000;

/** What a worker asks of the store for one push subscription. Fails as every store does. */
export class PushStore {
  readonly #queues: QueueStore;

  constructor(private readonly redis: Redis) {
    this.#queues = new QueueStore(redis);
  }

  /** Takes the subscription: its number of the run, and the state its last worker left. A worker with a lower number must stop. */
  async begin({ queue: { ns }, subscriptionId }: PushRef): Promise<{ run: number; state: string | null }> {
    const key = keys.push(ns, subscriptionId);
    try {
      const [run, state] = await Promise.all([this.redis.hincrby(key, 'run', 1), this.redis.hget(key, 'state'), this.redis.pexpire(key, keptMs)]);
      return { run, state };
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** State a worker left; null when none did. For showing it. */
  async state(ns: NamespaceId, subscriptionId: string): Promise<string | null> {
    return this.redis.hget(keys.push(ns, subscriptionId), 'state').catch((error: unknown) => {
      throw storeErrorOf(error);
    });
  }

  /** Forgets the state: the next call starts as if nothing had failed. */
  async forgetState(ns: NamespaceId, subscriptionId: string): Promise<void> {
    await this.redis.hdel(keys.push(ns, subscriptionId), 'state');
  }

  /** `superseded`: another worker has the subscription; nothing stays leased. Fails with `queue_not_found`. */
  async claim({ queue, subscriptionId }: PushRef, run: number, request: ClaimRequest): Promise<Claim | 'superseded'> {
    const [newest, claim] = await Promise.all([this.redis.hget(keys.push(queue.ns, subscriptionId), 'run').catch((error: unknown) => Promise.reject(storeErrorOf(error))), this.#queues.claim(queue, { ...request, push: true })]);
    if (Number(newest) === run) return claim;
    if (claim.kind === 'claimed') {
      const settlements = claim.deliveries.map(({ receipt }) => ({ action: 'again' as const, receipt, delayMs: 0, tries: null }));
      await this.settle({ queue, subscriptionId }, { id: `${run}:superseded`, calls: 0, attempts: '', state: null, settlements });
    }
    return 'superseded';
  }

  /** Tries of messages by position, as they were kept; null for none. */
  async tries({ queue: { ns }, subscriptionId }: PushRef, positions: readonly number[]): Promise<(string | null)[]> {
    return this.redis.hmget(keys.pushTries(ns, subscriptionId), ...positions.map(String)).catch((error: unknown) => {
      throw storeErrorOf(error);
    });
  }

  /** The queue is empty: whatever is kept of its messages belongs to none. */
  async forgetTries({ queue: { ns }, subscriptionId }: PushRef): Promise<void> {
    await this.redis.unlink(keys.pushTries(ns, subscriptionId));
  }

  /** Ends leases, counts calls, records attempts and keeps the state in one step. Safe to repeat with the same report. */
  async settle({ queue, subscriptionId }: PushRef, { id, calls, attempts, state, settlements }: PushReport): Promise<PushSettled> {
    const { ns } = queue;
    const scriptKeys = [...namespaceKeys(ns), ...queueKeys(ns, queue.id), keys.attempts(ns), keys.attemptBytes(ns), keys.push(ns, subscriptionId), keys.pushTries(ns, subscriptionId)];
    const reply = await script.run(this.redis, scriptKeys, [queue.id, subscriptionId, id, calls, attempts, state ?? '', ...settlementArguments(settlements)]);
    const [word, run, waitingBytes] = reply as [Buffer, number, number];
    const outcomes = {
      settled: () => reply.slice(3).map(settleOutcomeOf), accepted: () => settlements.map(() => accepted),
      repeated: () => 'repeated' as const, queue_not_found: () => 'queue_gone' as const,
    };
    return { run, waitingBytes, outcomes: outcomes[text(word) as keyof typeof outcomes]() };
  }

  /** Of attempts of the namespace that are not yet in the database. */
  async waitingBytes(ns: NamespaceId): Promise<number> {
    return waitingBytes(this.redis, ns);
  }

  /** Which of these queues have messages to hand out. One command for each that is empty. */
  async ready(refs: readonly PushRef[]): Promise<boolean[]> {
    const stored = await this.#askEach(refs, (pipeline, { queue: { ns, id } }) => pipeline.xlen(keys.messages(ns, id)));
    const holding = refs.filter((_, i) => stored[i] !== 0);
    const away = { leased: 0, delayed: 1, deferred: 2 } as const;
    const counts = await this.#askEach(
      holding.flatMap((ref) => Object.keys(away).map((name) => ({ ref, name: name as keyof typeof away }))),
      (pipeline, { ref: { queue }, name }) => pipeline.zcard(queueKey(queue.ns, queue.id, name)),
    );
    const awayOf = new Map(holding.map((ref, i) => [ref, Number(counts[i * 3]) + Number(counts[i * 3 + 1]) + Number(counts[i * 3 + 2])]));
    return refs.map((ref, i) => Number(stored[i]) > (awayOf.get(ref) ?? 0));
  }

  async #askEach<T>(all: readonly T[], ask: (pipeline: ReturnType<Redis['pipeline']>, one: T) => unknown): Promise<unknown[]> {
    if (all.length === 0) return [];
    const pipeline = this.redis.pipeline();
    for (const one of all) ask(pipeline, one);
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, answer]) => {
      if (error) throw storeErrorOf(error);
      return answer;
    });
  }
}

/** Nearly every call only accepts: then the leases alone. */
function settlementArguments(settlements: readonly PushSettlement[]): (string | number)[] {
  if (settlements.every((settlement) => settlement.action === 'accept' && !settlement.tried)) return ['accept', leasesOf(settlements.map(({ receipt }) => receipt))];
  return ['each', ...settlements.flatMap(pushArgumentsOf)];
}

function pushArgumentsOf(settlement: PushSettlement): (string | number)[] {
  switch (settlement.action) {
    case 'again':
      return ['again', leaseOf(settlement.receipt), settlement.delayMs, settlement.tries ?? ''];
    case 'accept':
    case 'reject': {
      const [action, lease, argument] = argumentsOf(settlement);
      return [action!, lease!, argument!, settlement.tried ? 'tried' : ''];
    }
    case 'extend':
      return argumentsOf(settlement);
  }
}

export interface PushAttemptEntry {
  /** `<ms>-<n>`, Redis's clock. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly attempts: string;
  /** The moment by which their calls were counted, ms; of an entry that an older version wrote, when it was written. */
  readonly countedAtMs: number;
  /** Names and values by turns, as they were written. */
  readonly fields: readonly string[];
}

/** Of a stream entry, whoever kept it. */
export function attemptEntryOf(id: string, fields: readonly string[]): PushAttemptEntry {
  return { id, subscriptionId: fields[1] ?? '', attempts: fields[3] ?? '', countedAtMs: Number(fields[5] ?? id.slice(0, id.indexOf('-'))), fields };
}

const trimScript = new Script('log-trim');
const trimStep = 500;

/** Attempts that wait for the database. */
export class PushAttemptStream {
  constructor(private readonly redis: Redis) {}

  /** Entries after an id, oldest first; fewer than `count` only at the end. */
  async read(ns: NamespaceId, afterEntryId: string, count: number): Promise<PushAttemptEntry[]> {
    try {
      const entries = await this.redis.xrange(keys.attempts(ns), `(${afterEntryId}`, '+', 'COUNT', count);
      return entries.map(([id, fields]) => attemptEntryOf(id, fields));
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  /** Forgets entries up to and with an id: they are in the database. */
  async trim(ns: NamespaceId, throughEntryId: string): Promise<void> {
    for (let trimmed = trimStep; trimmed === trimStep; ) {
      trimmed = (await trimScript.run(this.redis, [keys.attempts(ns), keys.attemptBytes(ns)], [throughEntryId, trimStep]))[1] as number;
    }
  }

  waitingBytes(ns: NamespaceId): Promise<number> {
    return waitingBytes(this.redis, ns);
  }
}

async function waitingBytes(redis: Redis, ns: NamespaceId): Promise<number> {
  try {
    return Number((await redis.get(keys.attemptBytes(ns))) ?? 0);
  } catch (error) {
    throw storeErrorOf(error);
  }
}
