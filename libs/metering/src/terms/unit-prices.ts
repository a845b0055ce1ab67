import { quotaDimensions } from './publish-terms.js';

/** What one message was metered as, in the words of its receipt. */
export interface PublishUnits {
  readonly messages: number;
  readonly kibIn: number;
  readonly exchangePasses: number;
  readonly queuePasses: number;
}

export interface ReceiptPrice {
  /** Decimal number of the currency, exact; no zeros at the end. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

const e12Digits = 12;
const unitKib = 64;
const priced = [...quotaDimensions, 'mq_message_units'] as const;
type Priced = (typeof priced)[number];

const unitsOf: Readonly<Record<Priced, (units: PublishUnits) => number>> = {
  mq_messages: ({ messages }) => messages, mq_kib_in: ({ kibIn }) => kibIn, mq_exchange_passes: ({ exchangePasses }) => exchangePasses, mq_queue_passes: ({ queuePasses }) => queuePasses,
  mq_message_units: ({ messages, kibIn }) => (messages === 0 ? 0 : Math.ceil(kibIn / unitKib)),
};

/** Prices of a publish's units as they were published (`price` of the topology hash), before free tiers. */
export class UnitPrices {
  readonly #unitE12: Readonly<Record<Priced, bigint>>;

  private constructor(
    readonly version: string,
    private readonly currency: string,
    private readonly digits: number,
    unitPriceE12: Readonly<Record<string, string | undefined>>,
  ) {
    this.#unitE12 = Object.fromEntries(priced.map((dimension) => [dimension, BigInt(unitPriceE12[dimension] ?? '0')])) as Record<Priced, bigint>;
  }

  /** Throws a plain Error on what no publisher writes. */
  static parse(json: string): UnitPrices {
    const { version, currency, minorDigits, unitPriceE12 } = JSON.parse(json) as { version: string; currency: string; minorDigits: number; unitPriceE12: Record<string, string> };
    return new UnitPrices(version, currency, e12Digits + minorDigits, unitPriceE12);
  }

  priceOf(units: PublishUnits): ReceiptPrice {
    const e12 = priced.reduce((sum, dimension) => sum + this.#unitE12[dimension] * BigInt(unitsOf[dimension](units)), 0n);
    const digits = e12.toString().padStart(this.digits + 1, '0');
    const fraction = digits.slice(-this.digits).replace(/0+$/, '');
    return { amount: `${digits.slice(0, -this.digits)}${fraction === '' ? '' : `.${fraction}`}`, currency: this.currency };
  }
}
