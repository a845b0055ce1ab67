import type { Database } from '@waybill/database';
import type { TenantId } from '@waybill/kernel';

/** E-mail addresses of those whose ids the books keep, by id. Who has no account any more, and what is no person, is missing. */
export class PeopleStore {
  constructor(private readonly database: Database) {}

  /** Of all tenants and of the operators: for finance alone. */
  emails(ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.#read({ id: { in: [...new Set(ids)] } });
  }

  /** Of members of the tenant alone, so that it is told the address of nobody else. */
  emailsWithin(tenantId: TenantId, ids: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.#read({ id: { in: [...new Set(ids)] }, memberships: { some: { tenantId } } });
  }

  async #read(where: { id: { in: string[] }; memberships?: { some: { tenantId: string } } }): Promise<ReadonlyMap<string, string>> {
    if (where.id.in.length === 0) return new Map();
    const rows = await this.database.asSystem((tx) => tx.user.findMany({ where, select: { id: true, email: true } }));
    return new Map(rows.map(({ id, email }) => [id, email]));
  }
}
