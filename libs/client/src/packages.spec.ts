import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

describe('the client at run time', () => {
  it('needs no package but ws: of the contracts it takes types only', () => {
    const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.spec.ts') && !file.startsWith('testing'));
    const imports = sources.flatMap((file) => {
      const text = readFileSync(path.join(import.meta.dirname, file), 'utf8');
      return [...text.matchAll(/^(?:import|export)(?! type).*from '([^.'][^']*)';$|\bimport\('([^']+)'\)/gm)].map(([, named, loaded]) => named ?? loaded);
    });
    expect([...new Set(imports)].sort()).toEqual(['node:crypto', 'ws']);
  });
});
