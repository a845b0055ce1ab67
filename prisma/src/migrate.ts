import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { openSchemaEngine } from './schema-engine.js';

const folder = fileURLToPath(new URL('../migrations', import.meta.url));
export const noFilters = { externalTables: [], externalEnums: [] };

/** The reviewed migrations, oldest first. */
export async function readMigrations(baseDir = folder): Promise<MigrationList> {
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: await readFile(path.join(baseDir, name, 'migration.sql'), 'utf8') } },
      })),
    ),
  };
}

/**
 * Applies the migrations that are missing and records them in `_prisma_migrations`, as `prisma migrate deploy` does.
 * Needs a role that owns the tables. Returns the names applied now.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const { engine, close } = await openSchemaEngine(databaseUrl);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList: await readMigrations(), filters: noFilters });
    return appliedMigrationNames;
  } finally {
    await close();
  }
}
