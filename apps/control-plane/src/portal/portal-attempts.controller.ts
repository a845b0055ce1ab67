import { Controller } from '@nestjs/common';
import { getPortalHealth, listPortalAttempts, resendPortalAttempt, testPortalSubscription } from '@waybill/contracts';
import type { EndpointHealth, Parsed, Reply, TestResult } from '@waybill/contracts';
import { EndpointHealths, Resending, SubscriptionAttempts, TestCalls } from '@waybill/delivery';
import type { PortalCaller } from '@waybill/identity';
import { Endpoint, From, Input } from '@waybill/platform';
import { refOf } from './portal-endpoints.js';

@Controller()
export class PortalAttemptsController {
  constructor(
    private readonly attempts: SubscriptionAttempts,
    private readonly resending: Resending,
    private readonly healths: EndpointHealths,
    private readonly testCalls: TestCalls,
  ) {}

  @Endpoint(listPortalAttempts)
  list(@From() caller: PortalCaller, @Input() { params, query }: Parsed<typeof listPortalAttempts>): Promise<Reply<typeof listPortalAttempts>> {
    return this.attempts.search(caller, caller.namespaceId, refOf(caller, params.subscription), query);
  }

  @Endpoint(resendPortalAttempt)
  resend(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof resendPortalAttempt>): Promise<Reply<typeof resendPortalAttempt>> {
    return this.resending.one(caller, caller.namespaceId, params.attempt, refOf(caller, params.subscription));
  }

  @Endpoint(getPortalHealth)
  health(@From() caller: PortalCaller, @Input() { params, query }: Parsed<typeof getPortalHealth>): Promise<EndpointHealth> {
    return this.healths.of(caller, caller.namespaceId, refOf(caller, params.subscription), query.hours);
  }

  @Endpoint(testPortalSubscription)
  test(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof testPortalSubscription>): Promise<TestResult> {
    return this.testCalls.send(caller, caller.namespaceId, refOf(caller, params.subscription));
  }
}
