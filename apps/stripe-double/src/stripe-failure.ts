export type FailureType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error' | 'rate_limit_error' | 'authentication_error';

/** An answer that is not 2xx, in Stripe's words. */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly type: FailureType,
    message: string,
    readonly details: { readonly code?: string; readonly param?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = 'StripeFailure';
  }

  body(): object {
    const { code, param } = this.details;
    return { error: { type: this.type, message: this.message, ...(code === undefined ? {} : { code }), ...(param === undefined ? {} : { param }) } };
  }
}

export const invalid = (message: string, param?: string, code?: string): StripeFailure =>
  new StripeFailure(400, 'invalid_request_error', message, { ...(param === undefined ? {} : { param }), ...(code === undefined ? {} : { code }) });

export const missing = (what: string, id: string, param = 'id', status = 404): StripeFailure =>
  new StripeFailure(status, 'invalid_request_error', `No such ${what}: '${id}'`, { code: 'resource_missing', param });

/** What the double does not do is said loudly, never answered with something generic. */
export const notPlayed = (what: string): StripeFailure => new StripeFailure(501, 'api_error', `The Stripe double does not play ${what}.`, { headers: { 'stripe-should-retry': 'false' } });
