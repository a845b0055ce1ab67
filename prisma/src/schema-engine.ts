import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';

const require = createRequire(import.meta.url);

interface Bindings {
  SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

let bindings: Promise<Bindings> | undefined;

/**
 * Prisma's own migration engine, from its WebAssembly package: the native binary comes from a host that
 * closed networks do not reach (docs/adr/0004-prisma-without-downloads.md).
 */
async function loadBindings(): Promise<Bindings> {
  const gluePath = '@prisma/schema-engine-wasm/schema_engine_bg';
  const glue = (await import(gluePath)) as Bindings & WebAssembly.ModuleImports;
  const wasmFile = require.resolve(gluePath).replace(/\.js$/, '.wasm');
  const module = new WebAssembly.Module(await readFile(wasmFile));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}

/**
 * The adapter splits a script at every semicolon and sends the parts over several connections, which breaks a
 * function body and leaves half a migration behind. PostgreSQL runs a whole script sent at once as one transaction.
 */
class WholeScriptPg extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  }
}

/** A migration engine on one database; the caller frees it. */
export async function openSchemaEngine(databaseUrl: string, schema?: string): Promise<SchemaEngine> {
  bindings ??= loadBindings();
  const { SchemaEngine: Engine } = await bindings;
  const adapter = bindMigrationAwareSqlAdapterFactory(new WholeScriptPg({ connectionString: databaseUrl }));
  const ignoreDebugLines = () => undefined;
  return Engine.new({ datamodels: schema === undefined ? undefined : [['schema.prisma', schema]] }, ignoreDebugLines, adapter);
}
