import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from './files.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Null: allowed. */
  readonly rule: string | null;
}

/** An existing file, because type-aware lint wants one; its content is replaced. */
const aStore = (lib: string) => path.join('libs', lib, 'src', readdirSync(path.join(root, 'libs', lib, 'src')).find((name) => name.endsWith('.store.ts')) ?? 'index.ts');

const boundary = '@nx/enforce-module-boundaries';
const cases: readonly Case[] = [
  { name: 'kernel must not import a layer above it', file: 'libs/kernel/src/clock.ts', text: "export { publish } from '@waybill/contracts';", rule: boundary },
  { name: 'broker must not import topology', file: 'libs/broker/src/receipt.ts', text: "export * from '@waybill/topology';", rule: boundary },
  { name: 'contracts may import kernel', file: 'libs/contracts/src/fields.ts', text: "export { newId } from '@waybill/kernel';", rule: null },
  { name: 'the console must not import the database', file: 'apps/console/src/main.tsx', text: "export { Database } from '@waybill/database';", rule: boundary },
  { name: 'a test from outside must not import product code', file: 'apps/e2e/package-probe.mjs', text: "export { newId } from '@waybill/kernel';", rule: boundary },
  { name: 'a relative path must not lead into another project', file: 'libs/broker/src/receipt.ts', text: "export * from '../../kernel/src/clock.js';", rule: boundary },
  { name: 'a deep import is refused', file: 'libs/broker/src/receipt.ts', text: "export * from '@waybill/kernel/src/clock.js';", rule: 'no-restricted-imports' },
  { name: 'a file of a lib that is no store must not import Prisma', file: 'libs/topology/src/index.ts', text: "export { Database } from '@waybill/database';", rule: 'no-restricted-imports' },
  { name: 'a file of a lib that is no store must not import ioredis', file: 'libs/broker/src/receipt.ts', text: "export { Redis } from 'ioredis';", rule: 'no-restricted-imports' },
  { name: 'a store may import Prisma', file: aStore('topology'), text: "export { Database } from '@waybill/database';", rule: null },
  { name: 'a store must not import Nest', file: aStore('topology'), text: "export { Injectable } from '@nestjs/common';", rule: 'no-restricted-imports' },
  { name: 'a lib must not import Nest', file: 'libs/broker/src/receipt.ts', text: "export { Injectable } from '@nestjs/common';", rule: 'no-restricted-imports' },
  { name: 'platform may import Nest', file: 'libs/platform/src/index.ts', text: "export { Injectable } from '@nestjs/common';", rule: null },
  { name: 'the environment is not read outside the configuration', file: 'libs/broker/src/receipt.ts', text: 'export const url = process.env.REDIS_URL;', rule: 'no-restricted-properties' },
  { name: 'an app does not read the environment either', file: 'apps/gateway/src/main.ts', text: 'export const { env } = process;', rule: 'no-restricted-properties' },
  { name: 'importing node:process is no way around it', file: 'libs/broker/src/receipt.ts', text: "import { env } from 'node:process';\nexport const url = env.REDIS_URL;", rule: 'no-restricted-syntax' },
  { name: 'the configuration reads the environment', file: 'libs/platform/src/config.ts', text: 'export const url = process.env.REDIS_URL;', rule: null },
  { name: 'product code does not print to the console', file: 'libs/broker/src/receipt.ts', text: "console.log('x');", rule: 'no-console' },
  { name: 'a promise that nobody waits for is found', file: 'libs/broker/src/receipt.ts', text: 'const send = async () => 1;\nsend();', rule: '@typescript-eslint/no-floating-promises' },
  { name: 'hooks of React keep their rules', file: 'apps/console/src/main.tsx', text: "import { useState } from 'react';\nexport function F({ a }: { a: boolean }) {\n  if (a) useState(1);\n  return <b />;\n}", rule: 'react-hooks/rules-of-hooks' },
];

describe('lint', () => {
  let found: string[][] = [];

  beforeAll(() => {
    const output = execFileSync(process.execPath, [path.join(root, 'scripts/house/lint-text.mjs')], {
      input: JSON.stringify(cases), encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' }, stdio: ['pipe', 'pipe', 'inherit'],
    });
    found = JSON.parse(output) as string[][];
  }, 120_000);

  it.each(cases.map((one, index) => ({ ...one, index })))('$name', ({ index, rule }) => {
    if (rule === null) expect(found[index]).toEqual([]);
    else expect(found[index]).toContain(rule);
  });
});
