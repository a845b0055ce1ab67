import type { QueueDefinition } from '../topology-change.js';

export interface ModelMessage {
  readonly body: string;
  readonly order: number;
  readonly bornMs: number;
  readonly group: string;
  readonly priority: number;
  expiresAtMs: number;
  deliveries: number;
  state: 'ready' | 'leased' | 'delayed' | 'deferred' | 'dead' | 'gone';
  untilMs: number;
  key?: string;
  reason?: string;
}

export interface ModelPublish {
  readonly body: string;
  readonly group: string;
  readonly priority: number;
  readonly delayMs: number;
  readonly ttlMs: number | undefined;
  readonly dedupId: string | undefined;
}

type Settings = Omit<QueueDefinition, 'id' | 'name' | 'leaseMs'>;
type Lease = { readonly message: ModelMessage; readonly deliveries: number };

/** What a queue promises, written down in the plainest way: a list and loops. */
export class QueueModel {
  nowMs: number;
  readonly messages: ModelMessage[] = [];
  readonly parked = new Set<string>();
  paused = false;
  readonly #busy = new Map<string, ModelMessage>();
  readonly #turns = new Map<string, number>();
  readonly #settled = new Set<string>();
  readonly #stored: { dedupId: string; body: string; atMs: number }[] = [];
  #turn = 0;

  constructor(
    private readonly settings: Settings,
    startMs: number,
  ) {
    this.nowMs = startMs;
  }

  get grouped(): boolean {
    return this.settings.kind === 'fifo' || this.settings.fair === true;
  }

  in(state: ModelMessage['state']): ModelMessage[] {
    return this.messages.filter((message) => message.state === state);
  }

  #live(): ModelMessage[] {
    return this.messages.filter(({ state }) => state !== 'dead' && state !== 'gone');
  }

  /** 'stored', 'refused', or the body of the original. */
  publish({ body, group, priority, delayMs, ttlMs, dedupId }: ModelPublish): string {
    const { dedup, maxMessages, overflow, messageTtlMs } = this.settings;
    if (dedup && dedupId !== undefined) {
      const original = this.#stored.find((stored) => stored.dedupId === dedupId && this.nowMs - stored.atMs < dedup.windowMs);
      if (original) return original.body;
    }
    if (maxMessages !== undefined && overflow !== 'drop-oldest-to-dead-letters' && this.#live().length + 1 > maxMessages) return 'refused';
    const life = Math.min(ttlMs ?? Infinity, messageTtlMs ?? Infinity);
    const message: ModelMessage = {
      body, group, priority, order: this.messages.length, bornMs: this.nowMs, deliveries: 0, expiresAtMs: this.nowMs + life,
      state: delayMs > 0 ? 'delayed' : 'ready', untilMs: this.nowMs + delayMs,
    };
    this.messages.push(message);
    if (dedup && dedupId !== undefined) this.#stored.unshift({ dedupId, body, atMs: this.nowMs });
    if (message.state === 'ready') this.#openTurn(message);
    while (maxMessages !== undefined && overflow === 'drop-oldest-to-dead-letters' && this.#live().length > maxMessages) {
      const [oldest] = this.in('ready');
      if (!oldest) break;
      this.#die(oldest, 'max_length');
    }
    return 'stored';
  }

  claim(max: number, leaseMs: number | 'none'): Lease[] {
    this.recover();
    const claimed: Lease[] = [];
    while (!this.paused && claimed.length < max) {
      const message = this.#next();
      if (!message) break;
      message.deliveries += 1;
      message.state = 'leased';
      message.untilMs = this.nowMs + (leaseMs === 'none' ? 0 : leaseMs);
      if (this.settings.kind === 'fifo') this.#busy.set(message.group, message);
      claimed.push({ message, deliveries: message.deliveries });
    }
    if (leaseMs === 'none') {
      for (const { message } of claimed) {
        message.state = 'gone';
        this.#free(message);
      }
    }
    return claimed;
  }

  claimDeferred(key: string, leaseMs: number): Lease[] {
    this.recover();
    const message = this.in('deferred').find((deferred) => deferred.key === key);
    if (!message) return [];
    Object.assign(message, { state: 'leased', untilMs: this.nowMs + leaseMs, deliveries: message.deliveries + 1 });
    return [{ message, deliveries: message.deliveries }];
  }

  settle(lease: Lease, action: 'accept' | 'release' | 'reject' | 'extend' | 'defer', argument: number, key: string): string {
    const { message, deliveries } = lease;
    const name = `${message.order}:${deliveries}`;
    const holds = message.state === 'leased' && message.deliveries === deliveries && message.untilMs > this.nowMs;
    if (!holds) return this.#settled.has(name) ? 'already_settled' : 'lease_lost';
    if (action === 'defer' && this.in('deferred').some((deferred) => deferred.key === key)) return 'deferred_key_taken';
    if (action === 'extend') {
      message.untilMs = this.nowMs + argument;
      return 'extended';
    }
    this.#settled.add(name);
    switch (action) {
      case 'accept':
        message.state = 'gone';
        this.#free(message);
        return 'accepted';
      case 'reject':
        this.#die(message, 'rejected');
        return 'rejected';
      case 'defer':
        Object.assign(message, { state: 'deferred', key, untilMs: this.nowMs + argument });
        this.#free(message);
        return 'deferred';
      case 'release':
        if (argument > 0 && !this.#exhausted(message)) {
          Object.assign(message, { state: 'delayed', untilMs: this.nowMs + argument });
          return 'released';
        }
        return this.#giveBack(message) === 'dead' ? 'dead_lettered' : 'released';
    }
  }

  /** What ended comes back or dies. */
  recover(): void {
    const ended = (state: ModelMessage['state']) =>
      this.in(state).filter(({ untilMs }) => untilMs <= this.nowMs).sort((a, b) => a.untilMs - b.untilMs || a.order - b.order);
    for (const message of ended('leased')) this.#giveBack(message);
    for (const message of ended('delayed')) {
      if (message.expiresAtMs <= this.nowMs) this.#die(message, 'expired');
      else this.#makeReady(message);
    }
    for (const message of ended('deferred')) this.#giveBack(message);
    for (const message of this.in('ready')) if (message.expiresAtMs <= this.nowMs) this.#die(message, 'expired');
  }

  park(group: string): boolean {
    if (!this.#line(group)[0] && !this.#busy.has(group)) return false;
    this.parked.add(group);
    this.#turns.delete(group);
    return true;
  }

  unpark(group: string): boolean {
    if (!this.parked.delete(group)) return false;
    const [head] = this.#line(group);
    if (head) {
      head.deliveries = 0;
      this.#openTurn(head);
    }
    return true;
  }

  purge(): number {
    const ready = this.in('ready');
    for (const message of ready) message.state = 'gone';
    return ready.length;
  }

  /** Dead letters by body, with the reason. */
  dead(): string[] {
    return this.in('dead').map(({ body, reason }) => `${body} ${reason}`).sort();
  }

  #line(group: string): ModelMessage[] {
    return this.in('ready').filter((message) => message.group === group);
  }

  #next(): ModelMessage | undefined {
    if (this.settings.kind === 'priority') return this.in('ready').sort((a, b) => b.priority - a.priority || a.order - b.order)[0];
    if (!this.grouped) return this.in('ready')[0];
    for (;;) {
      const [turn] = [...this.#turns].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
      if (!turn) return undefined;
      const [group, score] = turn;
      const [head] = this.#line(group);
      if (!head || this.settings.kind === 'fifo') this.#turns.delete(group);
      if (!head) continue;
      if (this.settings.kind !== 'fifo') {
        this.#turn = score;
        this.#turns.set(group, score + 1);
      }
      return head;
    }
  }

  #openTurn(message: ModelMessage): void {
    const { group, order } = message;
    if (!this.grouped || this.parked.has(group)) return;
    if (this.settings.kind !== 'fifo') {
      if (!this.#turns.has(group)) this.#turns.set(group, this.#turn);
    } else if (!this.#busy.has(group)) this.#turns.set(group, Math.min(this.#turns.get(group) ?? Infinity, order));
  }

  /** The message is out of the way of its group. */
  #free(message: ModelMessage): void {
    if (this.#busy.get(message.group) !== message) return;
    this.#busy.delete(message.group);
    const [head] = this.#line(message.group);
    if (head) this.#openTurn(head);
  }

  #makeReady(message: ModelMessage): void {
    message.state = 'ready';
    if (this.#busy.get(message.group) === message) this.#busy.delete(message.group);
    this.#openTurn(message);
  }

  #exhausted({ deliveries }: ModelMessage): boolean {
    return this.settings.deliveryLimit !== null && deliveries >= this.settings.deliveryLimit;
  }

  #giveBack(message: ModelMessage): 'back' | 'dead' | 'parked' {
    if (message.expiresAtMs <= this.nowMs) return this.#die(message, 'expired');
    if (this.#exhausted(message)) {
      if (this.settings.poison !== 'park-group') return this.#die(message, 'delivery_limit');
      this.parked.add(message.group);
      this.#turns.delete(message.group);
      this.#makeReady(message);
      return 'parked';
    }
    this.#makeReady(message);
    return 'back';
  }

  #die(message: ModelMessage, reason: string): 'dead' {
    message.state = 'dead';
    message.reason = reason;
    this.#free(message);
    return 'dead';
  }
}
