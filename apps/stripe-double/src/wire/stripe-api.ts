import qs from 'qs';
import type { Handlers } from '../handler.js';
import { notPlayed, StripeFailure } from '../stripe-failure.js';
import { catchUp } from '../timeline.js';
import { serialize } from '../world.js';
import type { World } from '../world.js';
import type { Contract } from './contract.js';
import { IdempotencyKeys } from './idempotency.js';
import type { Answer } from './idempotency.js';
import { Params } from './params.js';
import { Router } from './router.js';

export interface Request {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly base: string;
}

interface Prepared {
  readonly operation: string;
  readonly params: Record<string, unknown>;
  /** Carries the call out in one step. Throws ContractBroken when the answer is none Stripe could give. */
  readonly run: () => Answer;
}

/** The calls of Stripe's API: found, checked, carried out once per idempotency key, and the answer checked too. */
export class StripeApi {
  readonly #router: Router;
  readonly #keys = new IdempotencyKeys();
  #requests = 0;

  constructor(
    private readonly world: World,
    handlers: Handlers,
    private readonly apiVersion: string,
    private readonly contract: Contract | null,
  ) {
    this.#router = new Router(handlers, contract?.operations() ?? []);
  }

  /** Throws StripeFailure for what is refused before anything is carried out. */
  prepare(request: Request): Prepared {
    const [path = '', query = ''] = request.url.split('?');
    const route = this.#router.find(request.method, path);
    if (!route) throw notPlayed(`${request.method} ${path}`);
    if (route.handler === null) throw notPlayed(route.operation);
    const { handler, operation, ids } = route;
    if (!/^Bearer [sr]k_test_\w+$/.test(request.headers['authorization'] ?? '')) throw new StripeFailure(401, 'authentication_error', 'Invalid API Key provided; the double takes sk_test_… only.');
    const version = request.headers['stripe-version'];
    if (version !== undefined && version !== this.apiVersion) throw new StripeFailure(400, 'invalid_request_error', `The double speaks ${this.apiVersion}, not ${version}.`);
    const params = readParams(request, query);
    this.contract?.checkRequest(operation, structuredClone(params));
    const carryOut = (): Answer => this.#carryOut(operation, () => handler({ world: this.world, ids, params: new Params(params), base: request.base }));
    const key = request.method === 'POST' ? request.headers['idempotency-key'] : undefined;
    return { operation, params, run: key === undefined ? carryOut : () => this.#once(key, `${operation} ${path} ${request.body}`, carryOut) };
  }

  failure(error: StripeFailure): Answer {
    return { status: error.status, body: serialize(error.body()), headers: { 'request-id': this.#requestId(), ...error.details.headers } };
  }

  #once(key: string, request: string, carryOut: () => Answer): Answer {
    const kept = this.#keys.begin(key, request);
    if (kept !== null) return kept;
    const answer = carryOut();
    this.#keys.end(key, answer.status === 409 || answer.status === 429 ? null : answer);
    return answer;
  }

  #carryOut(operation: string, handle: () => unknown): Answer {
    try {
      catchUp(this.world);
      const body = serialize(handle());
      this.contract?.checkAnswer(operation, 200, JSON.parse(body));
      return { status: 200, body, headers: { 'request-id': this.#requestId() } };
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      this.contract?.checkAnswer(operation, error.status, error.body());
      return this.failure(error);
    }
  }

  #requestId(): string {
    this.#requests += 1;
    return `req_double${this.#requests}`;
  }
}

function readParams({ method, headers, body }: Request, query: string): Record<string, unknown> {
  const options = { depth: 20, arrayLimit: 200, parameterLimit: 5_000 };
  if (method !== 'POST' || body === '') return qs.parse(query, options) as Record<string, unknown>;
  if (headers['content-type']?.includes('json')) {
    try {
      return JSON.parse(body) as Record<string, unknown>;
    } catch {
      throw new StripeFailure(400, 'invalid_request_error', 'The body is not JSON.');
    }
  }
  return qs.parse(body, options) as Record<string, unknown>;
}
