// npm test [-- project …]: all set-up, every check, every test; the last line counts them.
// Imports only what runs on bare Node 20; what needs packages is imported once they are there.
import { fileURLToPath } from 'node:url';
import { onInterrupt } from './toolchain/interrupt.mjs';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

const progress = createProgress();
let cleanUp = async () => undefined;
const interrupted = onInterrupt(() => cleanUp());

try {
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const { runTests } = await import('./toolchain/test-run.mjs');
  const verdict = await runTests(progress, process.argv.slice(2), (undo) => {
    cleanUp = undo;
  });
  await cleanUp();
  process.stdout.write(`${verdict.line}\n`);
  process.exitCode = verdict.green ? 0 : 1;
} catch (error) {
  if (!interrupted()) {
    await cleanUp();
    fail(error);
  }
}
