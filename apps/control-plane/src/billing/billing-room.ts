import type { Billing } from '@waybill/billing';

/** The billing room as Nest can name it. */
export class BillingRoom {
  constructor(readonly billing: Billing) {}
}
