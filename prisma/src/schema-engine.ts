/// <reference path="./webassembly.d.ts" />
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
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': withoutLingering(glue) });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}

/** The engine never takes back its ten-second timer for the migration lock; it must not keep a finished process alive. */
function withoutLingering(glue: WebAssembly.ModuleImports): WebAssembly.ModuleImports {
  const timers = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const later = (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref();
  return { ...glue, ...Object.fromEntries(timers.map((name) => [name, later])) };
}

/**
 * The adapter splits a script at every semicolon and sends the parts over several connections, which breaks a
 * function body and leaves half a migration behind. PostgreSQL runs a whole script sent at once as one transaction.
 */
class WholeScriptPg extends PrismaPg {
  readonly #opened: Awaited<ReturnType<PrismaPg['connect']>>[] = [];

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    this.#opened.push(adapter);
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  }

  /** The engine leaves its connections open, and with them the lock that keeps two migrations apart. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((adapter) => adapter.dispose()));
  }
}

export interface OpenEngine {
  readonly engine: SchemaEngine;
  close(): Promise<void>;
}

/** A migration engine on one database; the caller closes it. */
export async function openSchemaEngine(databaseUrl: string, schema?: string): Promise<OpenEngine> {
  bindings ??= loadBindings();
  const { SchemaEngine: Engine } = await bindings;
  const connections = new WholeScriptPg({ connectionString: databaseUrl });
  const ignoreDebugLines = () => undefined;
  const datamodels: [string, string][] | undefined = schema === undefined ? undefined : [['schema.prisma', schema]];
  const engine = await Engine.new({ datamodels }, ignoreDebugLines, bindMigrationAwareSqlAdapterFactory(connections));
  return {
    engine,
    close: async () => {
      engine.free();
      await connections.close();
    },
  };
}
