import type { QuotaDimension } from './publish-terms.js';
import { quotaDimensions } from './publish-terms.js';

/** What a publish was metered as, in the words of its receipt. */
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
const wordOf: Readonly<Record<QuotaDimension, keyof PublishUnits>> = {
  mq_messages: 'messages', mq_kib_in: 'kibIn', mq_exchange_passes: 'exchangePasses', mq_queue_passes: 'queuePasses',
};

/** Prices of a publish's units as they were published (`price` of the topology hash), before free tiers. */
export class UnitPrices {
  readonly #unitE12: Readonly<Record<QuotaDimension, bigint>>;

  private constructor(
    readonly version: string,
    private readonly currency: string,
    private readonly digits: number,
    unitPriceE12: Readonly<Record<string, string | undefined>>,
  ) {
    this.#unitE12 = Object.fromEntries(quotaDimensions.map((dimension) => [dimension, BigInt(unitPriceE12[dimension] ?? '0')])) as Record<QuotaDimension, bigint>;
  }

  /** Throws a plain Error on what no publisher writes. */
  static parse(json: string): UnitPrices {
    const { version, currency, minorDigits, unitPriceE12 } = JSON.parse(json) as { version: string; currency: string; minorDigits: number; unitPriceE12: Record<string, string> };
    return new UnitPrices(version, currency, e12Digits + minorDigits, unitPriceE12);
  }

  priceOf(units: PublishUnits): ReceiptPrice {
    const e12 = quotaDimensions.reduce((sum, dimension) => sum + this.#unitE12[dimension] * BigInt(units[wordOf[dimension]]), 0n);
    const digits = e12.toString().padStart(this.digits + 1, '0');
    const fraction = digits.slice(-this.digits).replace(/0+$/, '');
    return { amount: `${digits.slice(0, -this.digits)}${fraction === '' ? '' : `.${fraction}`}`, currency: this.currency };
  }
}
