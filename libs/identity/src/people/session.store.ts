import type { Database } from '@waybill/database';

export interface StoredSession {
  readonly userId: string;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  /** Role as an operator of this installation; null for everyone else. */
  readonly operatorRole: string | null;
  /** The person's tenants, oldest membership first. */
  readonly memberships: readonly { readonly tenantId: string; readonly role: string }[];
}

/** Sessions in PostgreSQL, under the hash of their token. */
export class SessionStore {
  constructor(private readonly database: Database) {}

  async insert(tokenHash: Buffer, session: { userId: string; createdAt: Date; expiresAt: Date }): Promise<void> {
    await this.database.asSystem((tx) => tx.session.create({ data: { ...session, tokenHash: bytes(tokenHash), lastSeenAt: session.createdAt } }));
  }

  find(tokenHash: Buffer): Promise<StoredSession | null> {
    return this.database.asSystem(async (tx) => {
      const row = await tx.session.findUnique({ where: { tokenHash: bytes(tokenHash) } });
      if (row === null) return null;
      const memberships = await tx.membership.findMany({ where: { userId: row.userId }, orderBy: { createdAt: 'asc' }, select: { tenantId: true, role: true } });
      const operator = await tx.operator.findUnique({ where: { userId: row.userId }, select: { role: true } });
      return { userId: row.userId, lastSeenAt: row.lastSeenAt, expiresAt: row.expiresAt, operatorRole: operator?.role ?? null, memberships };
    });
  }

  async touch(tokenHash: Buffer, at: Date): Promise<void> {
    await this.database.asSystem((tx) => tx.session.updateMany({ where: { tokenHash: bytes(tokenHash) }, data: { lastSeenAt: at } }));
  }

  async delete(tokenHash: Buffer): Promise<void> {
    await this.database.asSystem((tx) => tx.session.deleteMany({ where: { tokenHash: bytes(tokenHash) } }));
  }

  /** Sessions of this person that have ended by themselves; called when a new one starts, so the table stays small. */
  async deleteEnded(userId: string, now: Date, idleSince: Date): Promise<void> {
    await this.database.asSystem((tx) => tx.session.deleteMany({ where: { userId, OR: [{ expiresAt: { lte: now } }, { lastSeenAt: { lte: idleSince } }] } }));
  }
}

function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(buffer);
}
