/** Any key will do for the double. */
export const secretKey: string;

/** A switch of the double. Throws when it answers with an error. */
export function control<T = Record<string, unknown>>(stripeUrl: string, method: 'GET' | 'POST', name: string, body?: object): Promise<T>;

/** A call of the double's Stripe API, as the product's owner. Throws when it answers with an error. */
export function stripe<T = Record<string, unknown>>(stripeUrl: string, method: 'GET' | 'POST', place: string, body?: { readonly form?: Readonly<Record<string, string>>; readonly json?: unknown }): Promise<{ readonly data: readonly T[] }>;
