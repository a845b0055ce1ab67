import type { DoubleClock, Seconds } from './clock.js';
import { ruleValues } from './rules.js';
import type * as state from './state.js';
import { Table } from './table.js';
import type { TaxRate } from './tax-state.js';

export interface Emitted {
  readonly type: string;
  readonly object: unknown;
}

/** Everything the double remembers, and the one clock it lives by. */
export class World {
  readonly rules = ruleValues();
  readonly customers = new Table<state.Customer>('customer', 'cus');
  readonly products = new Table<state.Product>('product', 'prod');
  readonly prices = new Table<state.Price>('price', 'price');
  readonly meters = new Table<state.Meter>('billing meter', 'mtr');
  readonly subscriptions = new Table<state.Subscription>('subscription', 'sub');
  readonly subscriptionItems = new Table<{ id: string }>('subscription item', 'si');
  readonly invoices = new Table<state.Invoice>('invoice', 'in');
  /** What a preview answered, so that its lines can be listed. */
  readonly previews = new Table<state.Invoice>('invoice', 'upcoming_in');
  readonly lines = new Table<{ id: string }>('line item', 'il');
  readonly invoiceItems = new Table<state.InvoiceItem>('invoiceitem', 'ii');
  readonly grants = new Table<state.CreditGrant>('credit grant', 'credgr');
  readonly creditTransactions = new Table<state.CreditTransaction>('credit balance transaction', 'cbtxn');
  readonly creditNotes = new Table<state.CreditNote>('credit note', 'cn');
  readonly creditNoteLines = new Table<{ id: string }>('credit note line', 'cnli');
  readonly paymentIntents = new Table<state.PaymentIntent>('payment_intent', 'pi');
  readonly refunds = new Table<state.Refund>('refund', 're');
  readonly schedules = new Table<{ id: string; subscription: string }>('subscription schedule', 'sub_sched');
  readonly checkouts = new Table<state.CheckoutSession>('checkout session', 'cs_test');
  readonly setupIntents = new Table<state.SetupIntent>('setup_intent', 'seti');
  readonly taxIds = new Table<{ id: string }>('tax id', 'txi');
  readonly taxRates = new Table<TaxRate>('tax rate', 'txr');
  readonly portalConfigurations = new Table<state.PortalConfiguration>('portal configuration', 'bpc');
  readonly portals = new Table<state.PortalSession>('portal session', 'bps');
  readonly testClocks = new Table<state.TestClock>('test clock', 'clock');
  readonly destinations = new Table<state.Destination>('webhook endpoint', 'we');
  readonly events = new Table<state.StripeEvent>('event', 'evt');
  /** In the order they were received. */
  readonly meterEvents: state.MeterEvent[] = [];
  /** Told of every event once it is stored. */
  onEvent: (event: state.StripeEvent) => void = () => undefined;

  constructor(
    readonly clock: DoubleClock,
    readonly random: () => number,
  ) {}

  now(): Seconds {
    return this.clock.now();
  }

  /** A snapshot event: the object travels as it is now. */
  emit(type: string, object: unknown): void {
    this.#store({ id: this.events.newId(), created: this.now(), type, thin: false, object: JSON.parse(serialize(object)), related: null });
  }

  /** An event that exists in thin form only. */
  emitThin(type: string, data: unknown, related: state.StripeEvent['related']): void {
    this.#store({ id: this.events.newId(), created: this.now(), type, thin: true, object: data, related });
  }

  #store(event: state.StripeEvent): void {
    this.events.add(event);
    this.onEvent(event);
  }
}

/** JSON in which an amount is a number, as Stripe sends it; refuses one that a number cannot hold. */
export function serialize(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'bigint') return inner;
    if (inner > BigInt(Number.MAX_SAFE_INTEGER) || inner < -BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`${inner} does not fit a JSON number`);
    return Number(inner);
  });
}

/** Fields that are null until somebody sets them. */
export function nulls(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]));
}
