import type { Database } from '@waybill/database';

/** Longest a turn may take: some calls to Redis for each namespace. */
const turnMs = 60_000;

/** Work that only one process may do for a tenant at a time. */
export class TenantTurns {
  constructor(private readonly database: Database) {}

  /** Null when somebody else has the turn. It ends with the work, and with the connection when this process dies. */
  take<T>(tenantId: string, work: string, run: () => Promise<T>): Promise<T | null> {
    return this.database.asSystem(async (tx) => {
      const [row] = await tx.$queryRaw<{ taken: boolean }[]>`SELECT pg_try_advisory_xact_lock(hashtext(${work}), hashtext(${tenantId})) AS taken`;
      return row?.taken === true ? run() : null;
    }, { timeoutMs: turnMs });
  }
}
