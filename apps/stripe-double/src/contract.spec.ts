import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { writtenAgainst } from './double.js';
import { rules } from './rules.js';
import { contractFile, contractIsThere } from './testing/contract-file.js';
import { Contract } from './wire/contract.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('the contract of the Stripe double', () => {
  it('is of the SDK version in the lockfile', () => {
    const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as { packages: Record<string, { version?: string }> };
    const versions = Object.entries(lock.packages).filter(([name]) => name.endsWith('node_modules/stripe')).map(([, { version }]) => `stripe@${version}`);
    expect(versions).toEqual([writtenAgainst.package]);
    if (contractIsThere) expect(new Contract(contractFile)).toMatchObject({ source: writtenAgainst.package, apiVersion: writtenAgainst.apiVersion });
  });

  it('gives every rule of behaviour its evidence', () => {
    for (const [name, { evidence }] of Object.entries(rules)) {
      const told = evidence.kind === 'documented' ? evidence.url : evidence.kind === 'observed' ? evidence.issue : evidence.reading;
      expect({ name, told: told.length > 10 }).toEqual({ name, told: true });
    }
  });
});
