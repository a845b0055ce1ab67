import type { Database } from '@waybill/database';
import type { OperatorRole } from '../tenancy/roles.js';

export interface OperatorEntry {
  /** Lower case. */
  readonly email: string;
  readonly role: OperatorRole;
}

/** Who runs the finance of this installation. Decided by its configuration, never over the API. */
export class OperatorStore {
  constructor(private readonly database: Database) {}

  /** Makes these, and nobody else, operators. Returns the addresses that have no account yet. */
  async set(entries: readonly OperatorEntry[]): Promise<string[]> {
    return this.database.asSystem(async (tx) => {
      const users = await tx.user.findMany({ where: { email: { in: entries.map(({ email }) => email) } }, select: { id: true, email: true } });
      await tx.operator.deleteMany({ where: { userId: { notIn: users.map(({ id }) => id) } } });
      for (const { id, email } of users) {
        const { role } = entries.find((entry) => entry.email === email)!;
        await tx.operator.upsert({ where: { userId: id }, create: { userId: id, role }, update: { role } });
      }
      const known = new Set(users.map(({ email }) => email));
      return entries.map(({ email }) => email).filter((email) => !known.has(email));
    });
  }
}
