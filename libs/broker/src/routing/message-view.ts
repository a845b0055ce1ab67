import { WaybillError } from '@waybill/kernel';
import { readJsonBody } from './json-body.js';
import type { JsonBody } from './json-body.js';
import type { RoutedMessage } from './matcher.js';

/**
 * Steps that one message may cost in matchers whose work grows with the number of bindings or the size of the body:
 * some tens of milliseconds. One tenant's filters must not stop the gateway for the others.
 */
export const routingSteps = 1_000_000;

/** One message on its way through the exchanges: its JSON body is parsed at most once, and its matching is paid from one purse. */
export class MessageView {
  #body: JsonBody | undefined;
  #spent = 0;

  constructor(readonly message: RoutedMessage) {}

  get body(): JsonBody {
    return (this.#body ??= readJsonBody(this.message.body));
  }

  /** Bindings, values and fields looked at so far. */
  get spent(): number {
    return this.#spent;
  }

  /** Fails with `routing_too_costly` when the message has cost its share. */
  spend(steps: number): void {
    this.#spent += steps;
    if (this.#spent > routingSteps) throw new WaybillError('routing_too_costly');
  }
}
