import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * The cookie that carries the session token. With https its name has the prefix `__Host-`, with which browsers refuse
 * a cookie that is not Secure, has a Domain or another Path (RFC 6265bis §4.1.3.2). No Max-Age: the server ends sessions.
 */
export class SessionCookie {
  readonly #name: string;
  readonly #secure: boolean;

  constructor(publicUrl: string) {
    this.#secure = new URL(publicUrl).protocol === 'https:';
    this.#name = this.#secure ? '__Host-waybill_session' : 'waybill_session';
  }

  read(request: FastifyRequest): string | undefined {
    return request.cookies[this.#name] || undefined;
  }

  set(reply: FastifyReply, token: string): void {
    reply.setCookie(this.#name, token, this.#attributes());
  }

  clear(reply: FastifyReply): void {
    reply.clearCookie(this.#name, this.#attributes());
  }

  #attributes() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.#secure } as const;
  }
}
