// Imports only what runs on bare Node 20; what needs packages is imported once they are there.
import { fileURLToPath } from 'node:url';
import { onInterrupt } from './toolchain/interrupt.mjs';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

const progress = createProgress();
let cleanUp = async () => undefined;
const interrupted = onInterrupt(async () => {
  process.stdout.write('\nStopping …\n');
  await cleanUp();
}, 0);

try {
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const { launch } = await import('./launch/launch.mjs');
  await launch(progress, (undo) => {
    cleanUp = undo;
  });
} catch (error) {
  if (!interrupted()) {
    await cleanUp();
    fail(error);
  }
}
