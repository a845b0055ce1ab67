// npm run bench -- <what> [--json FILE]: apps/bench on a fresh build; it starts what it measures.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary, root } from './toolchain/paths.mjs';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

const progress = createProgress((line) => void process.stderr.write(`${line}\n`));
try {
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const { buildAll } = await import('./toolchain/nx.mjs');
  await progress.step('building what has changed', buildAll);
  const bench = spawn(nodeBinary, [path.join(root, 'apps/bench/dist/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => bench.kill(signal));
  process.exitCode = await new Promise((resolve) => bench.once('exit', (code, signal) => resolve(signal === null ? code : 1)));
} catch (error) {
  fail(error);
}
