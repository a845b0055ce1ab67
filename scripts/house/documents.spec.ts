import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { made, root, sourceFiles } from './files.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const topLevel = sourceFiles('*/').map((folder) => folder.replace(/\/$/, ''));

/** Paths in backticks: from the root, or from the folder of the document when they start with `src/`. */
function namedPaths(document: string): string[] {
  const named = [...read(document).matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+)`/g)].map(([, token]) => token ?? '');
  return named.flatMap((token) => {
    const [first = ''] = token.split('/');
    if (first === 'src') return [path.join(path.dirname(document), token)];
    const isMade = token.split('/').some((part) => made.has(part));
    return topLevel.includes(first) && !isMade ? [token] : [];
  });
}

describe('the documents', () => {
  it('begin with a README and a walk through the architecture', () => {
    expect(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('name only files that exist', () => {
    const documents = sourceFiles('*.md', 'docs/**/*.md', 'infra/**/*.md', 'libs/*/README.md', 'apps/*/README.md');
    const missing = documents.flatMap((document) =>
      namedPaths(document).filter((file) => !existsSync(path.join(root, file))).map((file) => `${document} names ${file}`),
    );
    expect(missing).toEqual([]);
  });

  it('give every lib a README of at most 60 lines', () => {
    const wrong = sourceFiles('libs/*/package.json').map((file) => path.join(path.dirname(file), 'README.md')).filter(
      (file) => !existsSync(path.join(root, file)) || read(file).trimEnd().split('\n').length > 60,
    );
    expect(wrong).toEqual([]);
  });
});

describe('the sources', () => {
  it('have no file of more than 350 lines', () => {
    const files = sourceFiles('{apps,libs,prisma,scripts,infra}/**/*.{ts,tsx,mts,mjs,js,lua,css,sql}', '*.mjs').filter((file) => !file.startsWith('prisma/migrations/'));
    const long = files.map((file) => ({ file, lines: read(file).trimEnd().split('\n').length })).filter(({ lines }) => lines > 350);
    expect(long).toEqual([]);
  });

  it('have no file named after nothing in particular', () => {
    const vague = /(^|[-.])(utils?|helpers?|commons?|shared|base|manager|misc|impl|v2)([-.]|$)/;
    expect(sourceFiles('{apps,libs,prisma,scripts}/**/*.{ts,tsx,mjs,lua}').filter((file) => vague.test(path.basename(file)))).toEqual([]);
  });
});

describe('the lockfile', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; hasInstallScript?: boolean }>;
  };
  const installed = Object.entries(packages).filter(([place, { link }]) => place.includes('node_modules/') && !link);

  it('names no registry host, so that it works with every mirror', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
  });

  it('has a checksum for every package', () => {
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([place]) => place)).toEqual([]);
  });

  it('has no install script that is neither allowed nor denied', () => {
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
    const undecided = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length))
      .filter((name) => !(name in allowScripts));
    expect(undecided).toEqual([]);
  });
});
