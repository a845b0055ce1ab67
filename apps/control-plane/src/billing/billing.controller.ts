import { Controller } from '@nestjs/common';
import type { Billing } from '@waybill/billing';
import {
  calculatePrice, changeBillingEmail, changePlan, getBilling, getCap, getCost, getCredits, getPriceBook, listPlans, previewInvoice, putCap, putTopUp, whatIf,
} from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { BillingRoom } from './billing-room.js';
import { BillingView } from './billing-view.js';
import { priceBookView } from './invoice-reply.js';

@Controller()
export class BillingController {
  readonly #billing: Billing;

  constructor(
    private readonly view: BillingView,
    room: BillingRoom,
  ) {
    this.#billing = room.billing;
  }

  @Endpoint(getBilling)
  overview(@From() caller: Caller): Promise<Reply<typeof getBilling>> {
    return this.view.overview(caller);
  }

  @Endpoint(changeBillingEmail)
  changeEmail(@From() caller: Caller, @Input() { body }: Parsed<typeof changeBillingEmail>): Promise<Reply<typeof changeBillingEmail>> {
    return this.view.changeEmail(caller, body.email);
  }

  @Endpoint(listPlans)
  plans(): Promise<Reply<typeof listPlans>> {
    return this.view.plans();
  }

  @Endpoint(getPriceBook)
  async priceBook(@From() caller: Caller, @Input() { params }: Parsed<typeof getPriceBook>): Promise<Reply<typeof getPriceBook>> {
    return priceBookView(await this.#billing.books.open(caller, params.priceBook));
  }

  @Endpoint(changePlan)
  changePlan(@From() caller: Caller, @Input() { body }: Parsed<typeof changePlan>): Promise<Reply<typeof changePlan>> {
    return this.view.changePlan(caller, body.plan);
  }

  @Endpoint(getCap)
  cap(@From() caller: Caller): Promise<Reply<typeof getCap>> {
    return this.view.cap(caller);
  }

  @Endpoint(putCap)
  setCap(@From() caller: Caller, @Input() { body }: Parsed<typeof putCap>): Promise<Reply<typeof putCap>> {
    return this.view.setCap(caller, body);
  }

  @Endpoint(getCost)
  cost(@From() caller: Caller): Promise<Reply<typeof getCost>> {
    return this.view.cost(caller);
  }

  @Endpoint(previewInvoice)
  preview(@From() caller: Caller): Promise<Reply<typeof previewInvoice>> {
    return this.view.preview(caller);
  }

  @Endpoint(whatIf)
  whatIf(@From() caller: Caller, @Input() { query }: Parsed<typeof whatIf>): Promise<Reply<typeof whatIf>> {
    return this.view.whatIf(caller, query);
  }

  @Endpoint(calculatePrice)
  calculate(@From() caller: Caller, @Input() { body }: Parsed<typeof calculatePrice>): Promise<Reply<typeof calculatePrice>> {
    return this.view.calculate(caller, body);
  }

  @Endpoint(getCredits)
  credits(@From() caller: Caller): Promise<Reply<typeof getCredits>> {
    return this.view.credits(caller);
  }

  @Endpoint(putTopUp)
  async setTopUp(@From() caller: Caller, @Input() { body }: Parsed<typeof putTopUp>): Promise<void> {
    const { topUp } = body;
    await this.#billing.profiles.setTopUp(
      caller,
      topUp === null ? null : { amountCents: BigInt(topUp.amountCents), belowCents: BigInt(topUp.belowCents), monthlyCeilingCents: BigInt(topUp.monthlyCeilingCents), coolDownHours: topUp.coolDownHours },
    );
  }
}
