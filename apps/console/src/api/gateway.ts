import { createDataToken, type Operation, type Reply } from '@waybill/contracts';
import { callOperation } from './control-plane.js';
import { ProblemError } from './failure.js';
import { callAt, type CallInput } from './operation-call.js';

interface Access {
  readonly token: string;
  readonly origin: string;
  /** Local time after which a new token is asked for. */
  readonly renewAtMs: number;
}

/** A token is renewed when this much of its life is left, so that no call starts with one about to end. */
const renewBeforeMs = 30_000;
const timeoutMs = 15_000;

/** The gateway as one namespace sees it: keeps a short-lived token, renews it in time and once on a 401. */
export class Gateway {
  #access: Promise<Access> | null = null;

  constructor(private readonly namespace: string) {}

  /** Where applications call; fails as any control call does. */
  async url(): Promise<string> {
    return (await this.#ready()).origin;
  }

  /** @param waitMs how long the call itself may wait for a message, on top of the usual patience */
  async call<O extends Operation>(operation: O, input: CallInput<O>, waitMs = 0): Promise<Reply<O>> {
    const access = await this.#ready();
    try {
      return await this.#callWith(access, operation, input, waitMs);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
      this.#access = null;
      return this.#callWith(await this.#ready(), operation, input, waitMs);
    }
  }

  #callWith<O extends Operation>(access: Access, operation: O, input: CallInput<O>, waitMs: number): Promise<Reply<O>> {
    return callAt({ side: 'gateway', origin: access.origin, headers: { authorization: `Bearer ${access.token}` }, timeoutMs: timeoutMs + waitMs }, operation, input);
  }

  async #ready(): Promise<Access> {
    const held = this.#access;
    if (held !== null) {
      const access = await held;
      if (Date.now() < access.renewAtMs) return access;
      if (this.#access === held) this.#access = null;
    }
    this.#access ??= this.#ask();
    return this.#access;
  }

  async #ask(): Promise<Access> {
    try {
      return await this.#newAccess();
    } catch (error) {
      this.#access = null;
      throw error;
    }
  }

  async #newAccess(): Promise<Access> {
    const askedAtMs = Date.now();
    const { token, expiresAt, gatewayUrl } = await callOperation(createDataToken, { params: { namespace: this.namespace } });
    // A browser's clock may be wrong: a life that makes no sense here is taken as one minute, and a 401 renews anyway.
    const lifeMs = Date.parse(expiresAt) - askedAtMs;
    const usableMs = lifeMs > 2 * renewBeforeMs ? lifeMs - renewBeforeMs : renewBeforeMs;
    return { token, origin: gatewayUrl.replace(/\/+$/, ''), renewAtMs: askedAtMs + usableMs };
  }
}

const gateways = new Map<string, Gateway>();

export function gatewayOf(namespace: string): Gateway {
  let gateway = gateways.get(namespace);
  if (gateway === undefined) gateways.set(namespace, (gateway = new Gateway(namespace)));
  return gateway;
}

/** At sign-out: no token outlives the person it was given to. */
export function forgetGateways(): void {
  gateways.clear();
}
