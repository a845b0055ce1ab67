import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded into a gateway before everything else (`--import`): the broker's scripts are read without the lines that count,
 * so that they can be measured against themselves. Nothing of this is in the product.
 */
const counting = [/^\s*(?:count_up|count_usage)\(.*\)\s*$/, /^\s*(?:for|if) .* (?:do|then) (?:count_up|count_usage)\(.*\) end\s*$/];

export function withoutCounters(source: string): { readonly text: string; readonly removed: number } {
  const lines = source.split('\n');
  const kept = lines.filter((line) => !counting.some((pattern) => pattern.test(line)));
  return { text: kept.join('\n'), removed: lines.length - kept.length };
}

export const flag = 'WAYBILL_BENCH_WITHOUT_COUNTERS';

if (process.env[flag] !== undefined) {
  const { readFileSync } = fs;
  let removed = 0;
  fs.readFileSync = ((file: fs.PathOrFileDescriptor, options?: never) => {
    const text = readFileSync(file, options) as string | Buffer;
    if (typeof text !== 'string' || !String(file).includes('/broker/') || !String(file).endsWith('.lua')) return text;
    const found = withoutCounters(text);
    removed += found.removed;
    return found.text;
  }) as typeof fs.readFileSync;
  syncBuiltinESMExports();
  // A gateway that counts all the same would make the comparison worth nothing.
  setTimeout(() => {
    if (removed > 0) return;
    console.error('no counting line was found in the scripts');
    process.exit(1);
  }, 5_000).unref();
}
