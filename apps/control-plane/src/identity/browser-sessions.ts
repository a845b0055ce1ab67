import { Injectable } from '@nestjs/common';
import { Accounts, Sessions } from '@waybill/identity';
import type { AccountView } from '@waybill/identity';
import { SessionCookie } from '@waybill/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Sessions as a browser holds them: in a cookie. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
  ) {}

  /** Starts a session in place of the one the request came with, and answers with the account. */
  async begin(userId: string, request: FastifyRequest, reply: FastifyReply): Promise<AccountView> {
    const account = await this.accounts.view(userId);
    this.cookie.set(reply, await this.sessions.start(userId, this.cookie.read(request)));
    return account;
  }

  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = this.cookie.read(request);
    if (token !== undefined) await this.sessions.end(token);
    this.cookie.clear(reply);
  }
}
