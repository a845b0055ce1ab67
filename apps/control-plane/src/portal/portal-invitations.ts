import { Injectable } from '@nestjs/common';
import type { createPortalLink, getPortal, listPortalLinks, Parsed, Reply } from '@waybill/contracts';
import { Subscriptions } from '@waybill/delivery';
import { PortalLinks } from '@waybill/identity';
import type { PortalCaller } from '@waybill/identity';
import { WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import { TopologyService } from '@waybill/topology';
import { Installation } from '../installation.js';
import { scopeOn } from './portal-events.js';

type Invitation = Parsed<typeof createPortalLink>['body'];

/** Links to the portal, and what is behind one. */
@Injectable()
export class PortalInvitations {
  constructor(
    private readonly links: PortalLinks,
    private readonly topology: TopologyService,
    private readonly subscriptions: Subscriptions,
    private readonly installation: Installation,
  ) {}

  /** Fails with `exchange_not_found`, `exchange_unsuitable`, `destination_kind_unknown`. */
  async issue(caller: Caller, namespaceId: string, { customer, exchange, keyPrefix, kinds, theme, minutes }: Invitation): Promise<Reply<typeof createPortalLink>> {
    scopeOn(await this.topology.getExchange(caller, namespaceId, exchange), keyPrefix);
    const known = new Set(this.subscriptions.listKinds().map(({ kind }) => kind));
    if (kinds.some((kind) => !known.has(kind))) throw new WaybillError('destination_kind_unknown');
    // The guard has opened the namespace, so the text is its id.
    const { id, token, expiresAtMs } = await this.links.issue(caller, namespaceId as NamespaceId, { customer, exchange, keyPrefix, kinds, theme, lifeMs: minutes * 60_000 });
    return { id, token, url: `${this.installation.publicUrl}/portal#${token}`, expiresAt: new Date(expiresAtMs).toISOString() };
  }

  /** Links that have not expired. */
  list(caller: Caller, namespaceId: string, query: Parsed<typeof listPortalLinks>['query']): Promise<Reply<typeof listPortalLinks>> {
    return this.links.list(caller, namespaceId as NamespaceId, query);
  }

  /** Fails with `portal_link_not_found`. */
  revoke(caller: Caller, namespaceId: string, link: string): Promise<void> {
    return this.links.revoke(caller, namespaceId as NamespaceId, link);
  }

  async revokeAll(caller: Caller, namespaceId: string, customer: string): Promise<{ revoked: number }> {
    return { revoked: await this.links.revokeAll(caller, namespaceId as NamespaceId, customer) };
  }

  /** Fails with `namespace_not_found`, `exchange_not_found`, `exchange_unsuitable`. */
  async open(caller: PortalCaller): Promise<Reply<typeof getPortal>> {
    const { customer, exchange, keyPrefix, kinds, theme, expiresAtMs } = caller.grant;
    const { wildcards } = scopeOn(await this.topology.getExchange(caller, caller.namespaceId, exchange), keyPrefix);
    const offered = this.subscriptions.listKinds().filter(({ kind }) => kinds.includes(kind));
    return { customer, theme, wildcards, kinds: offered, expiresAt: new Date(expiresAtMs).toISOString() };
  }
}
