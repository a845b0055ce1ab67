// npm run demo:month: three months of a tenant, on a throw-away installation with a Stripe double and a clock that
// is moved by hand. Ends with the last invoice; exits with 1 on any difference. Imports only what runs on bare Node 20 first.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onInterrupt } from './toolchain/interrupt.mjs';
import { stateDir } from './toolchain/paths.mjs';
import { createProgress, fail } from './toolchain/progress.mjs';
import { ensureToolchain } from './toolchain/toolchain.mjs';

const progress = createProgress();
let stop = async () => undefined;
const interrupted = onInterrupt(() => stop());

try {
  await ensureToolchain(progress, fileURLToPath(import.meta.url));
  const { buildAll } = await import('./toolchain/nx.mjs');
  await progress.step('building what has changed', buildAll);
  const { startStack } = await import('./local/stack.mjs');
  const { dollars } = await import('./demo/walk.mjs');
  const { walkMonths } = await import('./demo/months.mjs');
  const stack = await progress.step('starting a throw-away installation with a Stripe double', () => startStack({ demo: true, settings: { STRIPE_AUTOMATIC_TAX: 'true' } }));
  stop = () => stack.stop();
  const { number, totalCents, pdf } = await walkMonths(stack, { folder: path.join(stateDir, 'demo-month'), write: (line) => void process.stdout.write(`${line}\n`) });
  await stop();
  process.stdout.write(`\nInvoice ${number}, total ${dollars(totalCents)}, ${pdf}\nNo difference, in ${progress.total()}.\n`);
} catch (error) {
  if (!interrupted()) {
    await stop();
    fail(error);
  }
}
