// npm run bench -- [name …] [--json FILE]: apps/bench on a fresh build; it starts what it measures.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary, root } from './toolchain/paths.mjs';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

/** Commands that the benchmark can do without, and the Debian package of each. */
const peers = { wrk: 'wrk', 'rabbitmq-server': 'rabbitmq-server' };

const progress = createProgress((line) => void process.stderr.write(`${line}\n`));

/** What is missing and cannot be installed is skipped by the benchmark, which says so. */
async function installPeers() {
  const { aptInstall, mayInstall, onPath } = await import('./local/apt.mjs');
  if (!mayInstall()) return;
  const missing = Object.entries(peers).filter(([command]) => onPath(command) === undefined).map(([, name]) => name);
  for (const name of missing) {
    await progress.step(`installing the Debian package ${name} (no service is started)`, () => aptInstall([name])).catch((error) => progress.note(`${name} is left out: ${error.message.split('\n')[0]}`));
  }
}

try {
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const { buildAll } = await import('./toolchain/nx.mjs');
  await progress.step('building what has changed', buildAll);
  await installPeers();
  const bench = spawn(nodeBinary, [path.join(root, 'apps/bench/dist/main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => bench.kill(signal));
  process.exitCode = await new Promise((resolve) => bench.once('exit', (code, signal) => resolve(signal === null ? code : 1)));
} catch (error) {
  fail(error);
}
