import { Prisma } from '@waybill/database';
import type { Database } from '@waybill/database';
import { namespaceOfRow } from '../tenancy/namespace.store.js';
import type { Namespace } from '../tenancy/namespace.store.js';
import { operatorRoles } from '../tenancy/roles.js';
import type { OperatorRole, Role } from '../tenancy/roles.js';

export interface NewAccount {
  readonly user: { readonly id: string; readonly email: string; readonly passwordHash: string };
  readonly tenant: { readonly id: string; readonly name: string };
  readonly namespace: { readonly id: string; readonly name: string; readonly environment: 'live' | 'test' };
  readonly role: Role;
  readonly createdAt: Date;
}

export interface StoredAccount {
  readonly operator: OperatorRole | null;
  readonly user: { readonly id: string; readonly email: string };
  readonly tenants: readonly { readonly id: string; readonly name: string; readonly role: Role; readonly namespaces: readonly Namespace[] }[];
}

/** People, tenants and memberships in PostgreSQL. */
export class AccountStore {
  constructor(private readonly database: Database) {}

  /** Person, tenant, membership and namespace, all or none; false when the address is taken. */
  async create({ user, tenant, namespace, role, createdAt }: NewAccount): Promise<boolean> {
    try {
      await this.database.asSystem(async (tx) => {
        await tx.user.create({ data: { ...user, createdAt } });
        await tx.tenant.create({ data: { ...tenant, createdAt } });
        await tx.membership.create({ data: { tenantId: tenant.id, userId: user.id, role, createdAt } });
        await tx.namespace.create({ data: { ...namespace, tenantId: tenant.id, createdAt } });
      });
      return true;
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return false;
      throw error;
    }
  }

  async credentialsOf(email: string): Promise<{ userId: string; passwordHash: string } | null> {
    const row = await this.database.asSystem((tx) => tx.user.findUnique({ where: { email }, select: { id: true, passwordHash: true } }));
    return row === null ? null : { userId: row.id, passwordHash: row.passwordHash };
  }

  async find(userId: string): Promise<StoredAccount | null> {
    return this.database.asSystem(async (tx) => {
      const user = await tx.user.findUnique({
        where: { id: userId },
        include: { memberships: { orderBy: { createdAt: 'asc' }, include: { tenant: { include: { namespaces: { orderBy: { name: 'asc' } } } } } } },
      });
      if (user === null) return null;
      const tenants = user.memberships.map(({ role, tenant }) => ({
        id: tenant.id, name: tenant.name, role: role as Role, namespaces: tenant.namespaces.map(namespaceOfRow),
      }));
      const operator = await tx.operator.findUnique({ where: { userId }, select: { role: true } });
      return { user: { id: user.id, email: user.email }, operator: operatorRoles.find((role) => role === operator?.role) ?? null, tenants };
    });
  }
}
