import { globSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** Folders that are made, not written. */
export const made = new Set(['node_modules', 'dist', 'generated', 'test-results', '.nx', '.waybill', '.git']);

/** Files of the repository that people write, relative to its root. */
export function sourceFiles(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root, exclude: (name) => made.has(path.basename(name)) }).sort();
}
