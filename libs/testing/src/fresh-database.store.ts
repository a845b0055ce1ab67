import { randomBytes } from 'node:crypto';
import { Database, migrate } from '@waybill/database';
import pg from 'pg';
import { testServer } from './environment.js';

const runtimeRole = 'waybill_test_runtime';

type Rows = Record<string, unknown>[];

async function query(url: string, sql: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Rows;
  } finally {
    await client.end();
  }
}

export interface FreshDatabase {
  readonly database: Database;
  /** As the runtime role, which row-level security binds. */
  readonly url: string;
  /** As the superuser, who sees every row. */
  query(sql: string): Promise<Rows>;
  drop(): Promise<void>;
}

/** A migrated database of its own, opened as a role that row-level security binds. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = testServer('WAYBILL_TEST_DATABASE_URL');
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
