import { Controller } from '@nestjs/common';
import {
  deleteSubscription, enableSubscription, getSubscription, listDestinationKinds, listSubscriptions, pauseSubscription, putSubscription, resumeSubscription, testSubscription,
} from '@waybill/contracts';
import type { Parsed, Reply, Subscription, TestResult } from '@waybill/contracts';
import { Subscriptions, TestCalls } from '@waybill/delivery';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input, Unchanged } from '@waybill/platform';

type Put = Reply<typeof putSubscription>;

@Controller()
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly testCalls: TestCalls,
  ) {}

  @Endpoint(listDestinationKinds)
  kinds(): Reply<typeof listDestinationKinds> {
    return { items: this.subscriptions.listKinds() };
  }

  @Endpoint(listSubscriptions)
  list(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listSubscriptions>): Promise<Reply<typeof listSubscriptions>> {
    return this.subscriptions.list(caller, params.namespace, query);
  }

  @Endpoint(getSubscription)
  get(@From() caller: Caller, @Input() { params }: Parsed<typeof getSubscription>): Promise<Subscription> {
    return this.subscriptions.get(caller, params.namespace, { name: params.subscription });
  }

  @Endpoint(putSubscription)
  async put(@From() caller: Caller, @Input() { params, body }: Parsed<typeof putSubscription>): Promise<Put | Unchanged<Put>> {
    const { created, subscription, secrets } = await this.subscriptions.put(caller, params.namespace, params.subscription, body);
    return created ? { ...subscription, secrets } : new Unchanged({ ...subscription, secrets });
  }

  @Endpoint(deleteSubscription)
  delete(@From() caller: Caller, @Input() { params }: Parsed<typeof deleteSubscription>): Promise<void> {
    return this.subscriptions.delete(caller, params.namespace, { name: params.subscription });
  }

  @Endpoint(pauseSubscription)
  pause(@From() caller: Caller, @Input() { params }: Parsed<typeof pauseSubscription>): Promise<Subscription> {
    return this.subscriptions.pause(caller, params.namespace, { name: params.subscription });
  }

  @Endpoint(resumeSubscription)
  resume(@From() caller: Caller, @Input() { params }: Parsed<typeof resumeSubscription>): Promise<Subscription> {
    return this.subscriptions.resume(caller, params.namespace, { name: params.subscription });
  }

  @Endpoint(enableSubscription)
  enable(@From() caller: Caller, @Input() { params }: Parsed<typeof enableSubscription>): Promise<Subscription> {
    return this.subscriptions.enable(caller, params.namespace, { name: params.subscription });
  }

  @Endpoint(testSubscription)
  test(@From() caller: Caller, @Input() { params }: Parsed<typeof testSubscription>): Promise<TestResult> {
    return this.testCalls.send(caller, params.namespace, { name: params.subscription });
  }
}
