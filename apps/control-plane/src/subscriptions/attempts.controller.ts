import { Controller } from '@nestjs/common';
import { cancelResend, getAttempt, getResend, getSubscriptionHealth, listAttempts, listSubscriptionAlerts, resendAttempt, resendFailed } from '@waybill/contracts';
import type { Attempt, EndpointHealth, Parsed, Reply, ResendTask } from '@waybill/contracts';
import { EndpointHealths, Resending, SubscriptionAttempts } from '@waybill/delivery';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';

@Controller()
export class AttemptsController {
  constructor(
    private readonly attempts: SubscriptionAttempts,
    private readonly resending: Resending,
    private readonly healths: EndpointHealths,
  ) {}

  @Endpoint(listAttempts)
  list(@From() caller: Caller, @Input() { params, query: { subscription, ...query } }: Parsed<typeof listAttempts>): Promise<Reply<typeof listAttempts>> {
    return this.attempts.search(caller, params.namespace, subscription === undefined ? undefined : { name: subscription }, query);
  }

  @Endpoint(getAttempt)
  get(@From() caller: Caller, @Input() { params }: Parsed<typeof getAttempt>): Promise<Attempt> {
    return this.attempts.get(caller, params.namespace, params.attempt);
  }

  @Endpoint(resendAttempt)
  resend(@From() caller: Caller, @Input() { params }: Parsed<typeof resendAttempt>): Promise<Reply<typeof resendAttempt>> {
    return this.resending.one(caller, params.namespace, params.attempt);
  }

  @Endpoint(resendFailed)
  async resendFailed(@From() caller: Caller, @Input() { params, body: { dryRun, ...wanted } }: Parsed<typeof resendFailed>): Promise<Reply<typeof resendFailed> | Unchanged<Reply<typeof resendFailed>>> {
    const ref = { name: params.subscription };
    if (!dryRun) return this.resending.failedSince(caller, params.namespace, ref, wanted);
    return new Unchanged({ dryRun: true, ...(await this.resending.countFailed(caller, params.namespace, ref, wanted.since)) });
  }

  @Endpoint(getResend)
  task(@From() caller: Caller, @Input() { params }: Parsed<typeof getResend>): Promise<ResendTask> {
    return this.resending.task(caller, params.namespace, { name: params.subscription }, params.task);
  }

  @Endpoint(cancelResend)
  cancel(@From() caller: Caller, @Input() { params }: Parsed<typeof cancelResend>): Promise<ResendTask> {
    return this.resending.cancel(caller, params.namespace, { name: params.subscription }, params.task);
  }

  @Endpoint(listSubscriptionAlerts)
  async alerts(@From() caller: Caller, @Input() { params }: Parsed<typeof listSubscriptionAlerts>): Promise<Reply<typeof listSubscriptionAlerts>> {
    return { items: await this.attempts.alerts(caller, params.namespace, { name: params.subscription }) };
  }

  @Endpoint(getSubscriptionHealth)
  health(@From() caller: Caller, @Input() { params, query }: Parsed<typeof getSubscriptionHealth>): Promise<EndpointHealth> {
    return this.healths.of(caller, params.namespace, { name: params.subscription }, query.hours);
  }
}
