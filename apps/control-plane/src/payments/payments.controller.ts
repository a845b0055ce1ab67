import { Controller } from '@nestjs/common';
import type { StripeRoom } from '@waybill/billing';
import { beginCheckout, openBillingPortal } from '@waybill/contracts';
import type { BillingView, Reply } from '@waybill/contracts';
import type { Caller, TenantId } from '@waybill/kernel';
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

  /** How a tenant pays by card; null without Stripe. */
  async cardOf(tenantId: TenantId): Promise<BillingView['card']> {
    return this.stripe === null ? null : ((await this.stripe.accounts.find(tenantId))?.status ?? 'none');
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
