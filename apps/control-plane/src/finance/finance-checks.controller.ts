import { Controller } from '@nestjs/common';
import { compareTenant, getVariance, listUsageBatches, resolveUsageBatch, sendPushesAgain } from '@waybill/contracts';
import type { Parsed, Reply } from '@waybill/contracts';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { BillingRoom } from '../billing/billing-room.js';
import { Payments } from '../payments/payments.controller.js';
import { ChecksView } from './checks-view.js';
import { FinanceView } from './finance-view.js';

/** Where counts differ, what waits for a person, and what that person does about it. */
@Controller()
export class FinanceChecksController {
  constructor(
    private readonly view: ChecksView,
    private readonly room: BillingRoom,
    private readonly payments: Payments,
    private readonly desk: FinanceView,
  ) {}

  @Endpoint(getVariance)
  variance(@Input() { query }: Parsed<typeof getVariance>): Promise<Reply<typeof getVariance>> {
    return this.view.variance(query.period);
  }

  @Endpoint(compareTenant)
  compare(@Input() { params, body }: Parsed<typeof compareTenant>): Promise<Reply<typeof compareTenant>> {
    return this.view.compare(params.tenant, body.period);
  }

  @Endpoint(sendPushesAgain)
  async sendAgain(@From() caller: Caller, @Input() { params, body }: Parsed<typeof sendPushesAgain>): Promise<Reply<typeof sendPushesAgain>> {
    const tenantId = await this.room.billing.tenants.open(params.tenant);
    return { pushes: await this.payments.require().parked.sendAgain(caller, tenantId, body.reason) };
  }

  @Endpoint(listUsageBatches)
  async usageBatches(): Promise<Reply<typeof listUsageBatches>> {
    return { items: await this.view.usageBatches() };
  }

  @Endpoint(resolveUsageBatch)
  resolve(@From() caller: Caller, @Input() { params, body }: Parsed<typeof resolveUsageBatch>): Promise<Reply<typeof resolveUsageBatch>> {
    return this.desk.ask(caller, { action: 'usage_batch', batchId: params.batch, ...body });
  }
}
