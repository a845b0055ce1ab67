import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate, noFilters, readMigrations } from './migrate.js';
import { openSchemaEngine } from './schema-engine.js';

const server = process.env['WAYBILL_TEST_DATABASE_URL'];
const schemaFile = fileURLToPath(new URL('../schema.prisma', import.meta.url));
const databases = ['migrated', 'declared'].map((name) => `waybill_${name}_${randomBytes(6).toString('hex')}`);
const [migrated = '', declared = ''] = databases;

function urlOf(database: string): string {
  if (server === undefined) throw new Error('Set WAYBILL_TEST_DATABASE_URL to a superuser of a PostgreSQL server, or run npm test at the root.');
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function query(database: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Columns, indexes and constraints; two databases with the same answer have the same tables. A partitioned table counts as
 * the one the schema declares, its partitions not at all. The schema has no words for CHECK.
 */
const catalogue = `
  WITH tables AS (SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '_prisma_migrations')
  SELECT c.relname || '.' || a.attname AS name,
         concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid)) AS definition
    FROM pg_attribute a JOIN tables c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') FROM pg_index i JOIN tables c ON c.oid = i.indrelid
  UNION ALL
  SELECT c.relname || '.' || conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN tables c ON c.oid = k.conrelid WHERE contype NOT IN ('c', 'n')
   ORDER BY 1, 2`;

/** The SQL that makes an empty database what the schema says. The engine cannot read a live one through this adapter. */
async function declaredSql(schema: string): Promise<string> {
  const { engine, close } = await openSchemaEngine(urlOf(declared), schema);
  try {
    const to = { tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content: schema }] };
    return (await engine.diff({ from: { tag: 'empty' }, to, script: true, exitCode: null, filters: noFilters })).stdout ?? '';
  } finally {
    await close();
  }
}

describe('the schema', () => {
  beforeAll(async () => {
    for (const database of databases) await query('postgres', `CREATE DATABASE ${database}`);
  });
  afterAll(async () => {
    for (const database of databases) await query('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  });

  it('is what the migrations make', async () => {
    const { migrationDirectories } = await readMigrations();
    expect(await migrate(urlOf(migrated))).toEqual(migrationDirectories.map(({ path }) => path));
    await query(declared, await declaredSql(await readFile(schemaFile, 'utf8')));

    const made = await query(migrated, catalogue);
    expect(made.length).toBeGreaterThan(50);
    expect(made).toEqual(await query(declared, catalogue));
  });

  it('needs no migration twice', async () => {
    expect(await migrate(urlOf(migrated))).toEqual([]);
  });
});
