import { WaybillError } from '@waybill/kernel';
import type { Caller, NamespaceId, Permission } from '@waybill/kernel';
import type { DataTokens, KeyDirectory } from '@waybill/identity';
import { bearerToken } from '@waybill/platform';
import type { FastifyRequest } from 'fastify';

/** A caller of the data plane: always of one namespace. */
export interface DataCaller extends Caller {
  readonly namespaceId: NamespaceId;
}

/**
 * Who asks, by API key or by the console's short-lived token. The hot path calls this directly: a known key is
 * answered without a promise, which a Passport strategy cannot do (docs/adr/0010-passport.md).
 */
export class Authenticator {
  constructor(
    private readonly apiKeys: Pick<KeyDirectory, 'verify'>,
    private readonly dataTokens: Pick<DataTokens, 'verify'>,
  ) {}

  /** Fails with the code of the refusal, `permission_missing` when the caller is known but may not. */
  authenticate(request: FastifyRequest, permission: Permission): DataCaller | Promise<DataCaller> {
    const header = request.headers.authorization;
    if (header === undefined) throw new WaybillError('auth_required');
    const token = bearerToken(header);
    const caller = token.startsWith('wbd_') ? this.dataTokens.verify(token) : this.apiKeys.verify(token);
    return caller instanceof Promise ? caller.then((known) => admitted(known, permission)) : admitted(caller, permission);
  }
}

function admitted(caller: Caller, permission: Permission): DataCaller {
  if (!caller.permissions.has(permission)) throw new WaybillError('permission_missing', { permission });
  if (caller.namespaceId === null) throw new WaybillError('auth_required');
  return caller as DataCaller;
}
