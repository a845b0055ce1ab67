import { Controller } from '@nestjs/common';
import {
  askPortalRecipient, changePortalSubscription, createPortalLink, createPortalSubscription, deletePortalSubscription, enablePortalSubscription, getPortal, getPortalSubscription,
  listPortalLinks, listPortalSubscriptions, pausePortalSubscription, resumePortalSubscription, revokePortalLink, revokePortalLinks,
} from '@waybill/contracts';
import type { Parsed, PortalSubscription, Reply } from '@waybill/contracts';
import { Subscriptions } from '@waybill/delivery';
import type { PortalCaller } from '@waybill/identity';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import { PortalEndpoints, refOf } from './portal-endpoints.js';
import { PortalInvitations } from './portal-invitations.js';

/** The permission `portal:use` comes with a link alone, so that who passes the guard carries its grant. */
@Controller()
export class PortalController {
  constructor(
    private readonly invitations: PortalInvitations,
    private readonly endpoints: PortalEndpoints,
    private readonly subscriptions: Subscriptions,
  ) {}

  @Endpoint(createPortalLink)
  invite(@From() caller: Caller, @Input() { params, body }: Parsed<typeof createPortalLink>): Promise<Reply<typeof createPortalLink>> {
    return this.invitations.issue(caller, params.namespace, body);
  }

  @Endpoint(listPortalLinks)
  links(@From() caller: Caller, @Input() { params, query }: Parsed<typeof listPortalLinks>): Promise<Reply<typeof listPortalLinks>> {
    return this.invitations.list(caller, params.namespace, query);
  }

  @Endpoint(revokePortalLink)
  revoke(@From() caller: Caller, @Input() { params }: Parsed<typeof revokePortalLink>): Promise<void> {
    return this.invitations.revoke(caller, params.namespace, params.link);
  }

  @Endpoint(revokePortalLinks)
  revokeAll(@From() caller: Caller, @Input() { params, body }: Parsed<typeof revokePortalLinks>): Promise<Reply<typeof revokePortalLinks>> {
    return this.invitations.revokeAll(caller, params.namespace, body.customer);
  }

  @Endpoint(getPortal)
  open(@From() caller: PortalCaller): Promise<Reply<typeof getPortal>> {
    return this.invitations.open(caller);
  }

  @Endpoint(listPortalSubscriptions)
  async list(@From() caller: PortalCaller): Promise<Reply<typeof listPortalSubscriptions>> {
    return { items: await this.endpoints.list(caller) };
  }

  @Endpoint(createPortalSubscription)
  create(@From() caller: PortalCaller, @Input() { body }: Parsed<typeof createPortalSubscription>): Promise<Reply<typeof createPortalSubscription>> {
    return this.endpoints.create(caller, body);
  }

  @Endpoint(getPortalSubscription)
  get(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof getPortalSubscription>): Promise<PortalSubscription> {
    return this.endpoints.get(caller, params.subscription);
  }

  @Endpoint(changePortalSubscription)
  change(@From() caller: PortalCaller, @Input() { params, body }: Parsed<typeof changePortalSubscription>): Promise<PortalSubscription> {
    return this.endpoints.change(caller, params.subscription, body);
  }

  @Endpoint(deletePortalSubscription)
  delete(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof deletePortalSubscription>): Promise<void> {
    return this.endpoints.delete(caller, params.subscription);
  }

  @Endpoint(pausePortalSubscription)
  pause(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof pausePortalSubscription>): Promise<PortalSubscription> {
    return this.endpoints.view(caller, this.subscriptions.pause(caller, caller.namespaceId, refOf(caller, params.subscription)));
  }

  @Endpoint(resumePortalSubscription)
  resume(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof resumePortalSubscription>): Promise<PortalSubscription> {
    return this.endpoints.view(caller, this.subscriptions.resume(caller, caller.namespaceId, refOf(caller, params.subscription)));
  }

  @Endpoint(enablePortalSubscription)
  enable(@From() caller: PortalCaller, @Input() { params }: Parsed<typeof enablePortalSubscription>): Promise<PortalSubscription> {
    return this.endpoints.view(caller, this.subscriptions.enable(caller, caller.namespaceId, refOf(caller, params.subscription)));
  }

  @Endpoint(askPortalRecipient)
  ask(@From() caller: PortalCaller, @Input() { params, body }: Parsed<typeof askPortalRecipient>): Promise<PortalSubscription> {
    return this.endpoints.view(caller, this.subscriptions.askAgain(caller, caller.namespaceId, refOf(caller, params.subscription), body.address));
  }
}
