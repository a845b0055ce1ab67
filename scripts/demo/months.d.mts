import type { Stack } from '../local/stack.mjs';

export interface WalkedMonths {
  readonly invoices: readonly { readonly number: string; readonly totalCents: string }[];
  /** Days after the due day whose notice was sent. */
  readonly stages: readonly number[];
  /** Of the last invoice. */
  readonly number: string;
  readonly totalCents: string;
  /** Its file. */
  readonly pdf: string;
  /** What `waybill verify-invoice` said. */
  readonly verified: string;
}

/** Use, close, pay, fail, dun, credit on a stack started with `demo`; throws on any difference. `short`: the month whose payment fails, alone. */
export function walkMonths(stack: Stack, options: { readonly folder: string; readonly write: (line: string) => void; readonly orders?: number; readonly short?: boolean }): Promise<WalkedMonths>;
