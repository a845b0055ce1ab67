// Imports only what runs on bare Node 20; what needs packages is imported once they are there.
import { fileURLToPath } from 'node:url';
import { onInterrupt } from './toolchain/interrupt.mjs';
import { createProgress, fail, Refusal } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

const progress = createProgress();
let cleanUp = async () => undefined;
const interrupted = onInterrupt(async () => {
  process.stdout.write('\nStopping …\n');
  await cleanUp();
}, 0);

try {
  const demo = process.argv.includes('--demo-billing');
  const unknown = process.argv.slice(2).find((argument) => argument !== '--demo-billing');
  if (unknown !== undefined) throw new Refusal(`npm start knows no ${unknown}; there is -- --demo-billing.`);
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const launch = demo ? (await import('./demo/launch.mjs')).launchDemo : (await import('./launch/launch.mjs')).launch;
  await launch(progress, (undo) => {
    cleanUp = undo;
  });
} catch (error) {
  if (!interrupted()) {
    await cleanUp();
    fail(error);
  }
}
