import { permissions } from '@waybill/kernel';
import type { Permission } from '@waybill/kernel';

/** What a member is inside a tenant. */
export const roles = ['owner', 'admin', 'developer', 'operator', 'billing', 'auditor'] as const;
export type Role = (typeof roles)[number];

const reads: readonly Permission[] = ['queues:read', 'topology:read', 'subscriptions:read', 'schedules:read', 'keys:read', 'usage:read', 'account:read'];

/** A portal link is the only way to it. */
const ofMembers = permissions.filter((permission) => permission !== 'portal:use');

/**
 * What each role may do. owner and admin: everything; developer: builds and runs; operator: keeps messages moving,
 * changes no definition and mints no key; billing: figures only, no message and no definition; auditor: reads.
 */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ofMembers,
  admin: ofMembers,
  developer: [...reads, 'messages:publish', 'messages:consume', 'messages:read', 'queues:operate', 'queues:purge', 'schedules:write', 'topology:write', 'subscriptions:write', 'keys:write'],
  operator: [...reads, 'messages:publish', 'messages:consume', 'messages:read', 'queues:operate', 'queues:purge'],
  billing: ['usage:read', 'account:read'],
  auditor: reads,
};

const sets = new Map<string, ReadonlySet<Permission>>(roles.map((role) => [role, new Set(rolePermissions[role])]));
const nothing: ReadonlySet<Permission> = new Set();

/** A role this version does not know allows nothing. */
export function permissionsOf(role: string): ReadonlySet<Permission> {
  return sets.get(role) ?? nothing;
}
