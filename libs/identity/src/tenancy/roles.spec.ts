import { describe, expect, it } from '@jest/globals';
import { permissions } from '@waybill/kernel';
import { permissionsOf, roles } from './roles.js';

describe('roles', () => {
  it('let owners and admins do everything but what a portal link alone allows', () => {
    for (const role of ['owner', 'admin']) expect([...permissionsOf(role), 'portal:use'].sort()).toEqual([...permissions].sort());
    for (const role of roles) expect(permissionsOf(role).has('portal:use')).toBe(false);
  });

  it('let billing see figures and never a message or a definition', () => {
    expect([...permissionsOf('billing')].sort()).toEqual(['account:read', 'usage:read']);
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
