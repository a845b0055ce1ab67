import type { ReceivedMessage } from '@waybill/contracts';
import type { SettleBody, SettleResult } from '../settlements.js';
import { json, ScriptedServer } from './scripted-server.js';
import type { Step } from './scripted-server.js';

export interface Settled {
  readonly action: keyof SettleBody;
  readonly receipt: string;
  readonly item: unknown;
}

/** A queue behind a real HTTP server: hands out what is put in, and keeps what is settled. Leases never end by themselves. */
export class QueueServer {
  readonly settled: Settled[] = [];
  /** Receipts that answer `lease_lost`. */
  readonly lost = new Set<string>();
  /** Numbers asked for in receive calls. */
  readonly asked: { max: number; consumer?: string }[] = [];
  private readonly ready: ReceivedMessage[] = [];
  private readonly waiting: (() => void)[] = [];
  private given = 0;

  private constructor(readonly server: ScriptedServer, private readonly leaseMs: number, private readonly now: () => number) {
    server.script((answer, request) => {
      if (request.url.endsWith('/receive')) this.receive(answer, request);
      else if (request.url.endsWith('/settle')) json({ results: this.settle(JSON.parse(request.body.toString()) as SettleBody) }, 200, this.date())(answer, request);
      else json({ code: 'route_not_found', detail: 'No such route.', status: 404, retryable: false }, 404)(answer, request);
    });
  }

  static async start(leaseMs = 30_000, now: () => number = Date.now): Promise<QueueServer> {
    return new QueueServer(await ScriptedServer.start(), leaseMs, now);
  }

  put(...bodies: string[]): void {
    for (const body of bodies) this.ready.push(this.message(body));
    for (const wake of this.waiting.splice(0)) wake();
  }

  message(body: string, deliveryCount = 1): ReceivedMessage {
    this.given += 1;
    return {
      id: `msg_${this.given}`, receipt: `r${this.given}`, deliveryCount, leaseUntil: new Date(this.now() + this.leaseMs).toISOString(),
      publishedAt: new Date(this.now()).toISOString(), exchange: null, key: '', contentType: 'text/plain', priority: 0, headers: {}, body, bodyEncoding: 'utf8',
    };
  }

  settle(body: SettleBody): SettleResult[] {
    return (Object.entries(body) as [keyof SettleBody, (string | { receipt: string })[]][]).flatMap(([action, items]) =>
      (Array.isArray(items) ? items : []).map((item) => this.settleOne(action, item)),
    );
  }

  /** Receipts settled with this action, in order. */
  with(action: keyof SettleBody): string[] {
    return this.settled.filter((one) => one.action === action).map(({ receipt }) => receipt);
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  private date(): Record<string, string> {
    return { date: new Date(this.now()).toUTCString() };
  }

  private settleOne(action: keyof SettleBody, item: string | { receipt: string }): SettleResult {
    const receipt = typeof item === 'string' ? item : item.receipt;
    if (this.lost.has(receipt)) {
      return { receipt, outcome: 'failed', problem: { type: '', title: 'Lost', status: 409, code: 'lease_lost', detail: 'The lease ran out.', retryable: false } };
    }
    this.settled.push({ action, receipt, item });
    const outcomes = { accept: 'accepted', release: 'released', reject: 'rejected', extend: 'extended', defer: 'deferred' } as const;
    return { receipt, outcome: outcomes[action], ...(action === 'extend' ? { leaseUntil: new Date(this.now() + this.leaseMs).toISOString() } : {}) };
  }

  private readonly receive: Step = (answer, request) => {
    const { max = 1, accept = [], ...rest } = JSON.parse(request.body.toString()) as { max?: number; accept?: string[] };
    this.asked.push({ max, ...rest });
    const notAccepted = this.settle({ accept }).filter(({ outcome }) => outcome === 'failed');
    const accepted = accept.length === 0 ? {} : { accepted: accept.length - notAccepted.length, ...(notAccepted.length === 0 ? {} : { notAccepted }) };
    const give = () => {
      const messages = this.ready.splice(0, max).map((message) => ({ ...message, leaseUntil: new Date(this.now() + this.leaseMs).toISOString() }));
      json({ messages, ...accepted }, 200, this.date())(answer, request);
    };
    if (this.ready.length > 0) return give();
    this.waiting.push(() => {
      if (!answer.destroyed) give();
    });
  };
}
