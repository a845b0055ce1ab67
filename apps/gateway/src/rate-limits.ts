import type { IncomingMessage } from 'node:http';
import type { Bucket, RateLimitStore } from '@waybill/broker';
import { WaybillError } from '@waybill/kernel';
import type { Clock, NamespaceId } from '@waybill/kernel';
import type { FastifyInstance } from 'fastify';
import type { DataCaller } from './authenticate.js';

export interface RatesPerSecond {
  /** Of one API key; 0 for no limit. */
  readonly key: number;
  /** Of all callers of a namespace together; 0 for no limit. */
  readonly namespace: number;
}

/** Share of a second's tokens that a gateway takes at a time: the store is asked so often at most, not per call. */
const sharePerTake = 20;
/** What a gateway has taken and not used is forgotten after this. */
const creditLifeMs = 1_000;
const knownCallers = 10_000;

/**
 * Limits calls a second, over all gateways. A call is a request; each message of a batch or a stream beyond the first
 * is one more. Absent when no limit is set: then no call pays anything.
 */
export class RateLimits {
  readonly #credits = new Map<string, Credit>();
  readonly #asked = new WeakMap<IncomingMessage, Credit>();

  constructor(
    private readonly store: RateLimitStore,
    private readonly perSecond: RatesPerSecond,
    private readonly clock: Clock,
  ) {}

  /** Lets one call of a caller in. Fails with `rate_limited`. Most callers are let in without a promise. */
  admit(request: IncomingMessage, caller: DataCaller): DataCaller | Promise<DataCaller> {
    const credit = this.#creditOf(caller);
    this.#asked.set(request, credit);
    const waiting = credit.take(1);
    return waiting ? waiting.then(() => caller) : caller;
  }

  /** Takes tokens for messages beyond the first. Fails with `rate_limited`. */
  take(caller: DataCaller, messages: number): Promise<void> | undefined {
    return this.#creditOf(caller).take(messages);
  }

  /** Tells every caller where it stands (draft-ietf-httpapi-ratelimit-headers). */
  tell(fastify: FastifyInstance): void {
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      const credit = this.#asked.get(request.raw);
      if (credit) reply.header('ratelimit-policy', credit.policy).header('ratelimit', credit.state());
      done();
    });
  }

  #creditOf({ namespaceId, actor }: DataCaller): Credit {
    const name = `${namespaceId} ${actor.id}`;
    let credit = this.#credits.get(name);
    if (!credit) {
      if (this.#credits.size >= knownCallers) this.#credits.clear();
      const { key, namespace } = this.perSecond;
      const buckets = [{ name: actor.id, perSecond: key, policy: 'key' }, { name: '', perSecond: namespace, policy: 'namespace' }].filter(({ perSecond }) => perSecond > 0);
      this.#credits.set(name, (credit = new Credit(this.store, namespaceId, buckets, this.clock)));
    }
    return credit;
  }
}

/** Tokens of one caller that this gateway has taken out of the shared buckets. */
class Credit {
  readonly policy: string;
  readonly #share: number;
  #tokens = 0;
  #left: readonly number[];
  #untilMs = 0;
  #refused = { need: Infinity, untilMs: 0 };
  #taking: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: RateLimitStore,
    private readonly ns: NamespaceId,
    private readonly buckets: readonly (Bucket & { readonly policy: string })[],
    private readonly clock: Clock,
  ) {
    this.policy = buckets.map(({ policy, perSecond }) => `"${policy}";q=${perSecond};w=1`).join(', ');
    this.#share = Math.max(1, Math.floor(Math.min(...buckets.map(({ perSecond }) => perSecond)) / sharePerTake));
    this.#left = buckets.map(({ perSecond }) => perSecond);
  }

  take(need: number): Promise<void> | undefined {
    if (this.#spend(need)) return undefined;
    // One after the other: what the first brings may be enough for the next.
    const taken = this.#taking.then(() => this.#fetch(need));
    this.#taking = taken.catch(() => undefined);
    return taken;
  }

  state(): string {
    const own = this.clock.nowMs() < this.#untilMs ? this.#tokens : 0;
    return this.buckets.map(({ policy }, index) => `"${policy}";r=${(this.#left[index] ?? 0) + own};t=1`).join(', ');
  }

  #spend(need: number): boolean {
    if (this.#tokens < need || this.clock.nowMs() >= this.#untilMs) return false;
    this.#tokens -= need;
    return true;
  }

  async #fetch(need: number): Promise<void> {
    if (this.#spend(need)) return;
    const nowMs = this.clock.nowMs();
    if (need >= this.#refused.need && nowMs < this.#refused.untilMs) throw this.#limited(this.#refused.untilMs - nowMs);
    const { granted, waitMs, left } = await this.store.take(this.ns, this.buckets, need, Math.max(need, this.#share));
    this.#left = left;
    if (granted < need) {
      this.#refused = { need, untilMs: nowMs + waitMs };
      throw this.#limited(waitMs);
    }
    this.#tokens = granted - need;
    this.#untilMs = nowMs + creditLifeMs;
    this.#refused = { need: Infinity, untilMs: 0 };
  }

  #limited(waitMs: number): WaybillError {
    const limits = this.buckets.map(({ perSecond }, index) => ({ perSecond, left: this.#left[index] ?? 0 })).sort((a, b) => a.left - b.left);
    return new WaybillError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)), limit: limits[0]?.perSecond ?? 0 });
  }
}
