import { Injectable } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { signIn } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import type { FastifyRequest } from 'fastify';
import CustomStrategy from 'passport-custom';
import { parseInput } from './parse-input.js';
import { SessionCookie } from './session-cookie.js';

/** Who proved a password; not yet a caller, because no session was started. */
export interface Person {
  readonly userId: string;
}

/** What the strategies ask of the identity room; the app wires it. Each method throws the code of its refusal. */
export abstract class Authentication {
  /** Fails with `credentials_wrong` or `sign_in_rate_limited`. */
  abstract password(email: string, password: string, remoteAddress: string): Promise<Person>;
  /** The person behind a session, in the tenant of the namespace, or in the person's first tenant when it is null. */
  abstract session(token: string, namespaceId: string | null): Promise<Caller>;
  abstract apiKey(token: string): Caller | Promise<Caller>;
  /** Fails with `namespace_not_found` when the caller may not open it. */
  abstract openNamespace(caller: Caller, namespaceId: string): Promise<unknown>;
}

/** Namespace id of the path; null on routes without one. */
export function namespaceOf(request: FastifyRequest): string | null {
  return (request.params as { namespace?: string } | undefined)?.namespace ?? null;
}

@Injectable()
export class PasswordStrategy extends PassportStrategy(CustomStrategy, 'password') {
  constructor(private readonly authentication: Authentication) {
    super();
  }

  validate(request: FastifyRequest): Promise<Person> {
    const { body } = parseInput(signIn, request);
    return this.authentication.password(body.email, body.password, request.ip);
  }
}

@Injectable()
export class SessionStrategy extends PassportStrategy(CustomStrategy, 'session') {
  constructor(
    private readonly authentication: Authentication,
    private readonly cookie: SessionCookie,
  ) {
    super();
  }

  async validate(request: FastifyRequest): Promise<Caller | null> {
    const token = this.cookie.read(request);
    return token === undefined ? null : this.authentication.session(token, namespaceOf(request));
  }
}

@Injectable()
export class ApiKeyStrategy extends PassportStrategy(CustomStrategy, 'api-key') {
  constructor(private readonly authentication: Authentication) {
    super();
  }

  async validate(request: FastifyRequest): Promise<Caller | null> {
    const header = request.headers.authorization;
    if (header === undefined) return null;
    return this.authentication.apiKey(bearerToken(header));
  }
}

/** The token of an Authorization header; another scheme fails with `auth_required`. */
export function bearerToken(header: string): string {
  if (header.length > 7 && header.slice(0, 7).toLowerCase() === 'bearer ') return header.slice(7).trim();
  throw new WaybillError('auth_required');
}

function answering(strategies: string | string[]) {
  return class extends AuthGuard(strategies) {
    override handleRequest<T>(error: unknown, user: T | false | null): T {
      if (error) throw error;
      if (!user) throw new WaybillError('auth_required');
      return user;
    }
  };
}

/** Guards that run one or more strategies and put the result into `request.user`. */
export const byPassword = answering('password');
export const bySession = answering('session');
/** A key in the Authorization header wins over a cookie: the caller said on purpose who asks. */
export const byKeyOrSession = answering(['api-key', 'session']);
