import { randomBytes } from 'node:crypto';
import { banner } from '../launch/banner.mjs';
import { HttpClient } from '../launch/http.mjs';
import { seedDemo } from '../launch/seed.mjs';
import { startStack } from '../local/stack.mjs';
import { buildAll } from '../toolchain/nx.mjs';
import { demoBanner } from './banner.mjs';
import { financeEmail } from './installation.mjs';
import { announceDemo } from './running.mjs';

const password = () => randomBytes(12).toString('base64url');

/**
 * `npm start -- --demo-billing`: an installation that is thrown away when it ends, with a Stripe double and a clock that is moved by
 * hand. Resolves when everything runs.
 * @param {import('../toolchain/progress.mjs').Progress} progress
 * @param {(undo: () => Promise<void>) => void} onUndo
 */
export async function launchDemo(progress, onUndo) {
  await progress.step('building what has changed', buildAll);
  const { CONTROL_PLANE_PORT = 3000, GATEWAY_PORT = 3001, WORKER_PORT = 3002 } = process.env;
  const ports = { controlPlane: Number(CONTROL_PLANE_PORT), gateway: Number(GATEWAY_PORT), worker: Number(WORKER_PORT), stripe: 3003 };
  const stack = await startStack({ demo: true, ports, settings: { NODE_ENV: 'development', STRIPE_AUTOMATIC_TAX: 'true' }, log: (line) => void process.stdout.write(`${line}\n`) });
  let takeBack = () => undefined;
  let stopping;
  const stop = () => (stopping ??= stack.stop().then(() => takeBack()));
  onUndo(stop);
  const { controlPlane, gateways, worker, redis, postgres, stripe } = stack;
  for (const child of [controlPlane.process, gateways[0].process, worker.process, redis.process, postgres, stripe.process]) {
    child.onUnexpectedExit = async (ended, { code, signal }) => {
      process.stderr.write(`\n${ended.name} ended (${signal ?? `exit code ${code}`}); stopping the rest. The end of its log:\n${ended.logTail()}\n`);
      await stop();
      process.exit(1);
    };
  }
  const [consoleUrl, gatewayUrl] = [controlPlane, gateways[0]].map(({ url }) => url.replace('127.0.0.1', 'localhost'));
  const login = { email: 'demo@waybill.localhost', password: password(), apiKey: null };
  const finance = { email: financeEmail, password: password() };
  const apiKey = await progress.step('preparing the demo tenant', async () => {
    await new HttpClient(controlPlane.url).call('POST', '/api/v1/sign-up', { json: { ...finance, tenantName: 'Finance' } });
    await controlPlane.process.restart(); // it gives the role of finance when it starts
    return seedDemo(controlPlane.url, gateways[0].url, login);
  });
  takeBack = announceDemo({ consoleUrl, login: { email: login.email, password: login.password }, databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, stripeUrl: stripe.url });
  process.stdout.write(banner({ consoleUrl, gatewayUrl, login, apiKey, total: progress.total() }, demoBanner({ consoleUrl, stripeUrl: stripe.url, finance })));
}
