import { randomBytes } from 'node:crypto';
import { Database, migrate } from '@waybill/database';
import pg from 'pg';

const runtimeRole = 'waybill_test_runtime';

export function required(name: 'WAYBILL_TEST_DATABASE_URL' | 'WAYBILL_TEST_REDIS_URL'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration specs need a real PostgreSQL (superuser URL) and a real Redis`);
  return value;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

export interface FreshDatabase {
  readonly database: Database;
  /** As the runtime role, which row-level security binds. */
  readonly url: string;
  /** As the superuser, who sees every row. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** A migrated database of its own, opened as a role that row-level security binds. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = required('WAYBILL_TEST_DATABASE_URL');
  const name = `waybill_test_${randomBytes(6).toString('hex')}`;
  const adminUrl = new URL(server);
  adminUrl.pathname = `/${name}`;
  await query(server, `CREATE DATABASE ${name}`);
  await migrate(adminUrl.href);
  await query(server, `DO $$ BEGIN CREATE ROLE ${runtimeRole} LOGIN PASSWORD 'test' IN ROLE waybill_runtime;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  const url = new URL(adminUrl);
  url.username = runtimeRole;
  url.password = 'test';
  const database = new Database({ url: url.href });
  return {
    database,
    url: url.href,
    query: (sql) => query(adminUrl.href, sql),
    drop: async () => {
      await database.close();
      await query(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Polls until the check passes; its last failure is thrown after the deadline. */
export async function eventually(check: () => Promise<void> | void, deadlineMs = 5_000): Promise<void> {
  const untilMs = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
