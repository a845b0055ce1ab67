import { operatorPermissions, permissions } from '@waybill/kernel';
import type { Permission } from '@waybill/kernel';

/** What a member is inside a tenant. */
export const roles = ['owner', 'admin', 'developer', 'operator', 'billing', 'auditor'] as const;
export type Role = (typeof roles)[number];

const reads: readonly Permission[] = ['queues:read', 'topology:read', 'subscriptions:read', 'sources:read', 'schedules:read', 'keys:read', 'usage:read', 'account:read'];

/** Neither a portal link's permission nor an operator's comes with a membership. */
const elsewhere: ReadonlySet<Permission> = new Set([...operatorPermissions, 'portal:use']);
const ofMembers = permissions.filter((permission) => !elsewhere.has(permission));

/**
 * What each role may do. owner and admin: everything in the tenant; developer: builds and runs; operator: keeps messages moving,
 * changes no definition and mints no key; billing: figures and money, no message and no definition; auditor: reads.
 */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ofMembers,
  admin: ofMembers,
  developer: [...reads, 'messages:publish', 'messages:consume', 'messages:read', 'queues:operate', 'queues:purge', 'schedules:write', 'topology:write', 'subscriptions:write', 'sources:write', 'keys:write'],
  operator: [...reads, 'messages:publish', 'messages:consume', 'messages:read', 'queues:operate', 'queues:purge'],
  billing: ['usage:read', 'account:read', 'billing:read', 'billing:write'],
  auditor: [...reads, 'billing:read'],
};

/** What an operator is: a person of the company that runs this installation. */
export const operatorRoles = ['finance', 'finance_approver', 'support'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** finance: does; finance_approver: does, and decides what another asked for; support: looks. */
export const operatorRolePermissions: Readonly<Record<OperatorRole, readonly Permission[]>> = {
  finance: ['finance:read', 'finance:write'],
  finance_approver: ['finance:read', 'finance:write', 'finance:approve'],
  support: ['finance:read'],
};

const sets = new Map<string, ReadonlySet<Permission>>(roles.map((role) => [role, new Set(rolePermissions[role])]));
const nothing: ReadonlySet<Permission> = new Set();

/** A role this version does not know allows nothing. An operator has the operator's permissions beside those of the tenant. */
export function permissionsOf(role: string, operatorRole: string | null = null): ReadonlySet<Permission> {
  const ofRole = sets.get(role) ?? nothing;
  const ofOperator = operatorRoles.find((each) => each === operatorRole);
  return ofOperator === undefined ? ofRole : new Set([...ofRole, ...operatorRolePermissions[ofOperator]]);
}
