import { Controller } from '@nestjs/common';
import type { StripeRoom } from '@waybill/billing';
import { beginCheckout, openBillingPortal } from '@waybill/contracts';
import type { Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';
import { Endpoint, From } from '@waybill/platform';

/** The Stripe side of this installation, which may have none. */
export class Payments {
  constructor(readonly stripe: StripeRoom | null) {}

  /** Fails with `stripe_off`. */
  require(): StripeRoom {
    if (this.stripe === null) throw new WaybillError('stripe_off');
    return this.stripe;
  }
}

@Controller()
export class PaymentsController {
  constructor(private readonly payments: Payments) {}

  @Endpoint(beginCheckout)
  async checkout(@From() caller: Caller): Promise<Reply<typeof beginCheckout>> {
    return this.payments.require().checkout.begin(caller);
  }

  @Endpoint(openBillingPortal)
  async portal(@From() caller: Caller): Promise<Reply<typeof openBillingPortal>> {
    return this.payments.require().checkout.portal(caller);
  }
}
