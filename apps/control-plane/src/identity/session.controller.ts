import { Controller, Req, Res } from '@nestjs/common';
import { getAccount, signIn, signOut, signUp } from '@waybill/contracts';
import type { Account, Parsed } from '@waybill/contracts';
import { Accounts } from '@waybill/identity';
import type { Caller } from '@waybill/kernel';
import { Endpoint, From, Input } from '@waybill/platform';
import type { Person } from '@waybill/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from './browser-sessions.js';

@Controller()
export class SessionController {
  constructor(
    private readonly accounts: Accounts,
    private readonly browserSessions: BrowserSessions,
  ) {}

  @Endpoint(signUp)
  async signUp(@Input() { body }: Parsed<typeof signUp>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Account> {
    return this.browserSessions.begin(await this.accounts.signUp({ ...body, remoteAddress: request.ip }), request, reply);
  }

  /** The password strategy has checked the password. */
  @Endpoint(signIn)
  signIn(@From() person: Person, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Account> {
    return this.browserSessions.begin(person.userId, request, reply);
  }

  @Endpoint(getAccount)
  account(@From() caller: Caller): Promise<Account> {
    return this.accounts.view(caller.actor.id);
  }

  @Endpoint(signOut)
  signOut(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.browserSessions.end(request, reply);
  }
}
