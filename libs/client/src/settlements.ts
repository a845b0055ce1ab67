import type { Problem } from '@waybill/contracts';
import { errorOfProblem, WaybillConnectionError } from './errors.js';

export type SettleOutcome = 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'deferred' | 'extended' | 'already_settled' | 'failed';

export interface SettleResult {
  readonly receipt: string;
  readonly outcome: SettleOutcome;
  readonly leaseUntil?: string | undefined;
  readonly problem?: Problem | undefined;
}

/** One settle call, as the API takes it. */
export interface SettleBody {
  accept?: string[];
  release?: { receipt: string; delaySeconds?: number }[];
  reject?: { receipt: string; reason?: string }[];
  extend?: { receipt: string; leaseSeconds: number }[];
  defer?: { receipt: string; key: string; returnAfterSeconds?: number }[];
}

/** Carries a settle body to the queue: by call, or on a socket. */
export type SendSettlements = (body: SettleBody) => Promise<readonly SettleResult[]>;

type Field = keyof SettleBody;
interface Waiting {
  readonly field: Field;
  readonly item: string | { readonly receipt: string };
  readonly receipt: string;
  readonly resolve: (result: SettleResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Receipts in one call (contracts: receiveLimit). */
const mostPerCall = 100;

/** Gathers what is settled in the same turn, and while a call is under way, into one call. */
export class Settlements {
  private waiting: Waiting[] = [];
  private scheduled = false;
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly send: SendSettlements) {}

  /** Fails with the result's own problem when that receipt could not be settled, say `lease_lost`. */
  async settle<F extends Field>(field: F, receipt: string, item: NonNullable<SettleBody[F]>[number]): Promise<SettleResult> {
    const result = await new Promise<SettleResult>((resolve, reject) => {
      this.waiting.push({ field, item: item as Waiting['item'], receipt, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.flush());
    });
    if (result.problem !== undefined) throw errorOfProblem(result.problem);
    return result;
  }

  /** Resolves when nothing is under way any more; failures are told to those who asked. */
  async idle(): Promise<void> {
    while (this.scheduled || this.underWay.size > 0) {
      await Promise.all([...this.underWay, new Promise(setImmediate)]);
    }
  }

  private flush(): void {
    this.scheduled = false;
    const all = this.waiting;
    this.waiting = [];
    while (all.length > 0) {
      const sending = this.sendSome(takeDistinct(all, mostPerCall));
      this.underWay.add(sending);
      void sending.finally(() => this.underWay.delete(sending));
    }
  }

  private async sendSome(some: readonly Waiting[]): Promise<void> {
    const body: Record<string, unknown[]> = {};
    for (const { field, item } of some) (body[field] ??= []).push(item);
    try {
      const results = new Map((await this.send(body as SettleBody)).map((result) => [result.receipt, result]));
      for (const { receipt, resolve, reject } of some) {
        const result = results.get(receipt);
        if (result) resolve(result);
        else reject(new WaybillConnectionError('connection_failed', 'the answer has no result for this receipt', false));
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}

/** Results are told apart by receipt: a call has each receipt once; a second settlement of it waits for the next call. */
function takeDistinct(all: Waiting[], most: number): Waiting[] {
  const taken = new Map<string, Waiting>();
  const left: Waiting[] = [];
  for (const one of all.splice(0)) {
    if (taken.size < most && !taken.has(one.receipt)) taken.set(one.receipt, one);
    else left.push(one);
  }
  all.push(...left);
  return [...taken.values()];
}
