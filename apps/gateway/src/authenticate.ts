import type { Socket } from 'node:net';
import { looksLikeDataToken } from '@waybill/identity';
import type { DataTokens, KeyDirectory } from '@waybill/identity';
import { WaybillError } from '@waybill/kernel';
import type { Caller, Clock, NamespaceId, Permission } from '@waybill/kernel';
import { bearerToken } from '@waybill/platform';
import type { FastifyRequest } from 'fastify';
import type { RateLimits } from './rate-limits.js';

/** A caller of the data plane: always of one namespace. */
export interface DataCaller extends Caller {
  readonly namespaceId: NamespaceId;
}

interface Proof {
  readonly header: string;
  readonly caller: Caller;
  readonly untilMs: number;
}

/** How long a connection need not prove its key again; far below the 5 seconds in which a revocation must be seen. */
const proofLifeMs = 1_000;

/**
 * Who asks, by API key or by the console's short-lived token. The hot path calls this directly: a known key is
 * answered without a promise, which a Passport strategy cannot do (docs/adr/0010-passport.md).
 */
export class Authenticator {
  /** What a connection proved last. Comparing a header with one that the same peer sent before tells it nothing new. */
  readonly #proofs = new WeakMap<Socket, Proof>();

  constructor(
    private readonly apiKeys: Pick<KeyDirectory, 'verify'>,
    private readonly dataTokens: Pick<DataTokens, 'verify'>,
    private readonly clock: Clock,
    /** Absent: no limit is set. */
    private readonly rates?: Pick<RateLimits, 'admit'> | undefined,
  ) {}

  /** Fails with the code of the refusal, `permission_missing` when the caller is known but may not, `rate_limited`. */
  authenticate(request: FastifyRequest, permission: Permission): DataCaller | Promise<DataCaller> {
    const caller = this.check(request, permission);
    if (this.rates === undefined) return caller;
    return caller instanceof Promise ? caller.then((known) => this.#admit(request, known)) : this.#admit(request, caller);
  }

  /** The same without a rate limit: whether a stream that is open may stay. */
  check(request: FastifyRequest, permission: Permission): DataCaller | Promise<DataCaller> {
    const { headers, socket } = request.raw;
    const header = headers.authorization;
    if (header === undefined) throw new WaybillError('auth_required');
    const nowMs = this.clock.nowMs();
    const proof = this.#proofs.get(socket);
    if (proof !== undefined && proof.header === header && nowMs < proof.untilMs) return admitted(proof.caller, permission);
    const admit = (caller: Caller): DataCaller => {
      this.#proofs.set(socket, { header, caller, untilMs: nowMs + proofLifeMs });
      return admitted(caller, permission);
    };
    const caller = this.#verify(bearerToken(header));
    return caller instanceof Promise ? caller.then(admit) : admit(caller);
  }

  #admit(request: FastifyRequest, caller: DataCaller): DataCaller | Promise<DataCaller> {
    return this.rates === undefined ? caller : this.rates.admit(request.raw, caller);
  }

  #verify(token: string): Caller | Promise<Caller> {
    return looksLikeDataToken(token) ? this.dataTokens.verify(token) : this.apiKeys.verify(token);
  }
}

function admitted(caller: Caller, permission: Permission): DataCaller {
  if (!caller.permissions.has(permission)) throw new WaybillError('permission_missing', { permission });
  if (caller.namespaceId === null) throw new WaybillError('auth_required');
  return caller as DataCaller;
}
