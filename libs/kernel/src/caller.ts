import type { NamespaceId, TenantId } from './ids.js';

/** Everything a caller can be allowed to do. A handler without one of these is refused at start. */
export const permissions = [
  'messages:publish',
  'messages:consume',
  'messages:read',
  'queues:read',
  'queues:operate',
  'queues:purge',
  'schedules:read',
  'schedules:write',
  'topology:read',
  'topology:write',
  'subscriptions:read',
  'subscriptions:write',
  'sources:read',
  'sources:write',
  'portal:use',
  'keys:read',
  'keys:write',
  'usage:read',
  'account:read',
  'billing:read',
  'billing:write',
  'finance:read',
  'finance:write',
  'finance:approve',
] as const;
export type Permission = (typeof permissions)[number];

/** What only people of the company that runs this installation have; no role of a tenant brings them. */
export const operatorPermissions = ['finance:read', 'finance:write', 'finance:approve'] as const satisfies readonly Permission[];

export const keyScopes = ['publish', 'consume', 'manage'] as const;
export type KeyScope = (typeof keyScopes)[number];

/** What a scope of an API key allows. `manage` does not reach keys: a leaked key must not mint others. */
export const scopePermissions: Readonly<Record<KeyScope, readonly Permission[]>> = {
  publish: ['messages:publish'],
  consume: ['messages:consume', 'messages:read', 'queues:read'],
  manage: [
    'topology:read', 'topology:write', 'messages:read', 'queues:read', 'queues:operate', 'queues:purge', 'schedules:read', 'schedules:write', 'usage:read',
    'subscriptions:read', 'subscriptions:write', 'sources:read', 'sources:write',
  ],
};

/** `source`: a provider whose webhooks come in. `customer`: one of the tenant's own customers, through a portal link. */
export type ActorKind = 'user' | 'api_key' | 'data_token' | 'customer' | 'source' | 'system';

/**
 * Who asks. First argument of every use case and store method.
 * `namespaceId` is null for a person, who may open every namespace of the tenant.
 */
export interface Caller {
  readonly actor: { readonly kind: ActorKind; readonly id: string };
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId | null;
  readonly permissions: ReadonlySet<Permission>;
}
