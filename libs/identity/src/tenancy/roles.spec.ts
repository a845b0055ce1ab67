import { describe, expect, it } from '@jest/globals';
import { operatorPermissions, permissions } from '@waybill/kernel';
import { operatorRoles, permissionsOf, roles } from './roles.js';

describe('roles', () => {
  const operators: ReadonlySet<string> = new Set(operatorPermissions);

  it('let owners and admins do everything in the tenant, and nothing that operators or a portal link alone may', () => {
    const inTenant = permissions.filter((permission) => !operators.has(permission) && permission !== 'portal:use').sort();
    for (const role of ['owner', 'admin']) expect([...permissionsOf(role)].sort()).toEqual(inTenant);
    for (const role of roles) expect(permissionsOf(role).has('portal:use')).toBe(false);
  });

  it('of a tenant bring nothing of the operators, and those of an operator bring it beside', () => {
    expect(roles.flatMap((role) => [...permissionsOf(role)]).filter((permission) => operators.has(permission))).toEqual([]);
    expect(permissionsOf('billing', 'root')).toEqual(permissionsOf('billing'));
    for (const role of operatorRoles) expect([...permissionsOf('auditor', role)]).toEqual(expect.arrayContaining([...permissionsOf('auditor'), 'finance:read']));
    expect(permissionsOf('owner', 'support').has('finance:write')).toBe(false);
    expect([permissionsOf('owner', 'finance').has('finance:approve'), permissionsOf('owner', 'finance_approver').has('finance:approve')]).toEqual([false, true]);
  });

  it('let billing see figures and money and never a message or a definition', () => {
    expect([...permissionsOf('billing')].sort()).toEqual(['account:read', 'billing:read', 'billing:write', 'usage:read']);
  });

  it('let auditors change nothing', () => {
    expect([...permissionsOf('auditor')].filter((permission) => !permission.endsWith(':read'))).toEqual([]);
  });

  it('let operators move messages and change no definition or key', () => {
    const may = permissionsOf('operator');
    expect([may.has('queues:purge'), may.has('topology:write'), may.has('keys:write')]).toEqual([true, false, false]);
  });

  it('allow nothing to a role that does not exist', () => {
    expect(permissionsOf('root').size).toBe(0);
    expect(permissionsOf('__proto__').size).toBe(0);
    expect(roles.every((role) => permissionsOf(role).size > 0)).toBe(true);
  });
});
