import type { Seconds } from './clock.js';

export type TaxBehavior = 'unspecified' | 'exclusive' | 'inclusive';
export type TaxExempt = 'none' | 'exempt' | 'reverse';

export interface Address {
  readonly city: string | null;
  readonly country: string | null;
  readonly line1: string | null;
  readonly line2: string | null;
  readonly postal_code: string | null;
  readonly state: string | null;
}

export interface TaxId {
  readonly id: string;
  readonly created: Seconds;
  readonly customer: string;
  /** Stripe's word: `eu_vat`, `us_ein`. */
  readonly type: string;
  readonly value: string;
}

export interface TaxRate {
  readonly id: string;
  readonly created: Seconds;
  readonly country: string;
  readonly name: string;
  readonly type: 'vat' | 'sales_tax';
  readonly percent: string;
  readonly inclusive: boolean;
}

/** Tax of one rate on an amount. */
export interface Tax {
  readonly rate: string;
  readonly inclusive: boolean;
  readonly reason: 'standard_rated' | 'reverse_charge' | 'not_collecting' | 'customer_exempt';
  readonly taxable: bigint;
  readonly amount: bigint;
}

/** Who an invoice was made out to, once it is final. */
export interface Party {
  readonly address: Address | null;
  readonly taxExempt: TaxExempt;
  readonly taxIds: readonly { readonly type: string; readonly value: string }[];
}
