import { randomBytes } from 'node:crypto';
import { Database, migrate } from '@waybill/database';
import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import { newId } from '@waybill/kernel';
import { Redis } from 'ioredis';
import pg from 'pg';

const runtimeRole = 'waybill_test_runtime';

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration specs need a real PostgreSQL (superuser URL) and a real Redis`);
  return value;
}

async function admin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: required('WAYBILL_TEST_DATABASE_URL') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface FreshDatabase {
  readonly database: Database;
  /** As the runtime role. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A migrated database of its own, opened as a role that row-level security binds. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `waybill_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(required('WAYBILL_TEST_DATABASE_URL'));
  url.pathname = `/${name}`;
  await admin(async (client) => {
    await client.query(`CREATE DATABASE ${name}`);
  });
  await migrate(url.href);
  await admin(async (client) => {
    await client.query(`DO $$ BEGIN CREATE ROLE ${runtimeRole} LOGIN PASSWORD 'test' IN ROLE waybill_runtime;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  });
  url.username = runtimeRole;
  url.password = 'test';
  const database = new Database({ url: url.href });
  return {
    database,
    url: url.href,
    drop: async () => {
      await database.close();
      await admin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** A connection that reports a failure instead of waiting for the server. */
export async function openTestRedis(url = required('WAYBILL_TEST_REDIS_URL')): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false });
  redis.on('error', () => undefined);
  await redis.connect();
  return redis;
}

export interface Home {
  readonly caller: Caller;
  readonly namespaceId: NamespaceId;
}

/** A tenant with one namespace, and a person of it. */
export async function newHome(database: Database): Promise<Home> {
  const tenantId: TenantId = newId('tenant');
  const namespaceId: NamespaceId = newId('namespace');
  await database.asSystem(async (tx) => {
    await tx.tenant.create({ data: { id: tenantId, name: 'Test' } });
    await tx.namespace.create({ data: { id: namespaceId, tenantId, name: 'production', environment: 'test' } });
  });
  return { namespaceId, caller: { actor: { kind: 'user', id: newId('user') }, tenantId, namespaceId: null, permissions: new Set() } };
}
