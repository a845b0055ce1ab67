import { PrismaPg } from '@prisma/adapter-pg';
import type { Logger } from '@waybill/kernel';
import { PrismaClient } from './generated/client.js';
import type { Prisma } from './generated/client.js';

export type Transaction = Prisma.TransactionClient;

export interface DatabaseOptions {
  /** Of the runtime role, which neither owns the tables nor bypasses row-level security. */
  readonly url: string;
  readonly poolSize?: number;
}

interface Facts {
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly owner: boolean;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
}

/**
 * The only door to PostgreSQL for product code. Every statement runs in a transaction that first says for whom
 * it works; row-level security hides all other tenants' rows (reliability.md §3). Settings are transaction-local,
 * so a pooled connection never carries one request's tenant into the next.
 */
export class Database {
  readonly #client: PrismaClient;

  constructor({ url, poolSize = 10 }: DatabaseOptions) {
    const adapter = new PrismaPg({ connectionString: url, max: poolSize, connectionTimeoutMillis: 5_000 });
    this.#client = new PrismaClient({ adapter });
  }

  /** Work inside one tenant: other tenants' rows do not exist here. */
  withTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#run('tenant', tenantId, work);
  }

  /** Work that has no tenant yet or serves them all: sign-in, key directory, outbox relay, usage drain. Ends after 15 seconds unless it says otherwise. */
  asSystem<T>(work: (tx: Transaction) => Promise<T>, { timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<T> {
    return this.#run('system', '', work, timeoutMs);
  }

  /**
   * Reads of one moment, however long they take: what is written meanwhile does not show. It holds a connection, so nothing in it waits for a
   * client. Ends after two minutes unless it says otherwise.
   */
  snapshot<T>(work: (tx: Transaction) => Promise<T>, { timeoutMs = 120_000 }: { readonly timeoutMs?: number } = {}): Promise<T> {
    return this.#run('system', '', work, timeoutMs, 'RepeatableRead');
  }

  /** Fails when the database cannot be reached. */
  async ping(): Promise<void> {
    await this.#client.$queryRaw`SELECT 1`;
  }

  /**
   * Logs what would let a row be lost or seen by another tenant (reliability.md §5); throws on any when `strict`. A
   * server that cannot be reached now is not a fault: what needs it fails by itself.
   */
  async check(logger: Logger, strict: boolean): Promise<void> {
    const faults = await this.#faults().catch((error: Error) => {
      logger.warn('database.check_failed', { error });
      return [];
    });
    for (const fault of faults) logger.warn('database.setting_unsafe', { fault });
    if (strict && faults.length > 0) throw new Error(`PostgreSQL would not keep its promises: ${faults.join('; ')}`);
  }

  async #faults(): Promise<string[]> {
    const [found] = await this.#client.$queryRaw<Facts[]>`
      SELECT r.rolsuper AS superuser, r.rolbypassrls AS bypasses,
        EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = r.oid) AS owner,
        current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
        current_setting('synchronous_commit') AS synchronous_commit
      FROM pg_roles r WHERE r.rolname = current_user`;
    if (!found) return ['the role of DATABASE_URL is unknown'];
    const faults: string[] = [];
    if (found.superuser || found.bypasses) faults.push('the role of DATABASE_URL passes row-level security by');
    if (found.owner) faults.push('the role of DATABASE_URL owns tables; use one that is only a member of waybill_runtime');
    for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'] as const) {
      if (found[setting] === 'off') faults.push(`${setting} is off`);
    }
    return faults;
  }

  close(): Promise<void> {
    return this.#client.$disconnect();
  }

  #run<T>(scope: 'tenant' | 'system', tenantId: string, work: (tx: Transaction) => Promise<T>, timeout = 15_000, isolationLevel: 'ReadCommitted' | 'RepeatableRead' = 'ReadCommitted'): Promise<T> {
    return this.#client.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT set_config('app.scope', ${scope}, true), set_config('app.tenant_id', ${tenantId}, true)`;
        return work(tx);
      },
      { maxWait: 5_000, timeout, isolationLevel },
    );
  }
}
