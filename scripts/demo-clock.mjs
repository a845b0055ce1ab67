// npm run demo:clock: moves the clock of the demonstration that runs from this clone, and plays the hands at Stripe's pages.
import { fileURLToPath } from 'node:url';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

try {
  await ensureToolchain(createProgress(), fileURLToPath(import.meta.url));
  const { clockCommand } = await import('./demo/clock-command.mjs');
  await clockCommand(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`));
} catch (error) {
  fail(error);
}
