import { SignedTokens } from '@waybill/kernel';
import type { Secret, TenantId } from '@waybill/kernel';

/** What the link in a mail is for. That to confirm names the mail that asked; that to unsubscribe holds for ever. */
export type MailLink =
  | { readonly purpose: 'confirm'; readonly tenantId: TenantId; readonly requestId: string }
  | { readonly purpose: 'unsubscribe'; readonly tenantId: TenantId; readonly address: string };

interface Payload {
  readonly t: string;
  /** request */ readonly r?: string;
  /** address */ readonly a?: string;
}

/** Links in mails of subscriptions: who has one had the mail. */
export class MailLinks {
  readonly #tokens: SignedTokens<Payload>;

  constructor(
    secret: Secret,
    /** Of the console, which shows the page behind a link. */
    private readonly publicUrl: string,
  ) {
    this.#tokens = new SignedTokens('wbm_', secret);
  }

  confirm(tenantId: TenantId, requestId: string): string {
    return this.#url({ t: tenantId, r: requestId });
  }

  /** A page for people, and for a POST of RFC 8058 the call itself. */
  unsubscribe(tenantId: TenantId, address: string): string {
    return this.#url({ t: tenantId, a: address });
  }

  /** Undefined for a token that is not ours. */
  read(token: string): MailLink | undefined {
    const payload = this.#tokens.read(token);
    if (payload === undefined) return undefined;
    const tenantId = payload.t as TenantId;
    if (payload.r !== undefined) return { purpose: 'confirm', tenantId, requestId: payload.r };
    return payload.a === undefined ? undefined : { purpose: 'unsubscribe', tenantId, address: payload.a };
  }

  #url(payload: Payload): string {
    return `${this.publicUrl}/mail/${this.#tokens.make(payload)}`;
  }
}

/** Headers by which mail programs offer to unsubscribe (RFC 2369 §3.2, RFC 8058 §3.1). */
export function unsubscribeHeaders(url: string): Record<string, string> {
  return { 'list-unsubscribe': `<${url}>`, 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' };
}
