import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';
import type { Prisma } from './generated/client.js';

export type Transaction = Prisma.TransactionClient;

export interface DatabaseOptions {
  /** Of the runtime role, which neither owns the tables nor bypasses row-level security. */
  readonly url: string;
  readonly poolSize?: number;
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

  /** Work that has no tenant yet or serves them all: sign-in, key directory, outbox relay, usage drain. */
  asSystem<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#run('system', '', work);
  }

  /** Fails when the database cannot be reached. */
  async ping(): Promise<void> {
    await this.#client.$queryRaw`SELECT 1`;
  }

  close(): Promise<void> {
    return this.#client.$disconnect();
  }

  #run<T>(scope: 'tenant' | 'system', tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#client.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT set_config('app.scope', ${scope}, true), set_config('app.tenant_id', ${tenantId}, true)`;
        return work(tx);
      },
      { maxWait: 5_000, timeout: 15_000 },
    );
  }
}
