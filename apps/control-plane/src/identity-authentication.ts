import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '@waybill/kernel';
import { Authentication } from '@waybill/platform';
import type { Person } from '@waybill/platform';
import { Accounts, KeyDirectory, looksLikePortalLink, Namespaces, PortalLinks, Sessions } from '@waybill/identity';

/** The Passport strategies' questions, answered by the identity room. */
@Injectable()
export class IdentityAuthentication extends Authentication {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(KeyDirectory) private readonly keys: KeyDirectory,
    @Inject(PortalLinks) private readonly portalLinks: PortalLinks,
    @Inject(Namespaces) private readonly namespaces: Namespaces,
  ) {
    super();
  }

  override async password(email: string, password: string, remoteAddress: string): Promise<Person> {
    return { userId: await this.accounts.checkPassword(email, password, remoteAddress) };
  }

  override session(token: string, namespaceId: string | null): Promise<Caller> {
    return this.sessions.authenticate(token, namespaceId);
  }

  override apiKey(token: string): Caller | Promise<Caller> {
    return looksLikePortalLink(token) ? this.portalLinks.verify(token) : this.keys.verify(token);
  }

  override openNamespace(caller: Caller, namespaceId: string): Promise<unknown> {
    return this.namespaces.open(caller, namespaceId);
  }
}
