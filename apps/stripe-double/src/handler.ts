import type { Params } from './wire/params.js';
import type { Page } from './table.js';
import type { World } from './world.js';

export interface Call {
  readonly world: World;
  /** From the path, in order. */
  readonly ids: readonly string[];
  readonly params: Params;
  /** Where the call came to, for links. */
  readonly base: string;
}

/** The answer of a call; throws StripeFailure. Everything in it happens at once: one step of the double. */
export type Handler = (call: Call) => unknown;
/** By operation, `POST /v1/customers/{id}`; names in braces as in the contract. */
export type Handlers = Readonly<Record<string, Handler>>;

export function list<T>(url: string, page: Page<T>, view: (row: T) => unknown): object {
  return { object: 'list', data: page.data.map(view), has_more: page.has_more, url };
}
