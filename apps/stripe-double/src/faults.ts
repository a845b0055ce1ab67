/** What may go wrong with a call. `timeout_after` carries it out and never answers. */
export const faultKinds = ['timeout_before', 'timeout_after', 'rate_limited', 'server_error', 'reset', 'slow'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Beginning of the operation, `POST /v1/billing/meter_events`; empty for all. */
  readonly operation: string;
  /** Text that the parameters must contain; empty for all. */
  readonly containing: string;
  /** How many calls it still hits. */
  times: number;
  /** Of the calls that fit, between 0 and 1. */
  readonly probability: number;
  readonly delayMs: number;
}

/** What may go wrong with webhooks, each a share between 0 and 1. */
export interface WebhookFaults {
  lost: number;
  duplicated: number;
  shuffled: boolean;
  wrongSignature: number;
  /** Attempts until an answer of 2xx. */
  attempts: number;
  delayMs: number;
}

export class Faults {
  readonly webhooks: WebhookFaults = { lost: 0, duplicated: 0, shuffled: false, wrongSignature: 0, attempts: 3, delayMs: 0 };
  #planned: Fault[] = [];

  constructor(private readonly random: () => number) {}

  plan(fault: Fault): void {
    this.#planned.push(fault);
  }

  clear(): void {
    this.#planned = [];
    Object.assign(this.webhooks, { lost: 0, duplicated: 0, shuffled: false, wrongSignature: 0, attempts: 3, delayMs: 0 });
  }

  /** The first fault that hits this call, used up by one. */
  next(operation: string, params: string): Fault | null {
    const hit = this.#planned.find((fault) => fault.times > 0 && operation.startsWith(fault.operation) && params.includes(fault.containing) && (fault.probability >= 1 || this.random() < fault.probability));
    if (!hit) return null;
    hit.times -= 1;
    this.#planned = this.#planned.filter((fault) => fault.times > 0);
    return hit;
  }
}
