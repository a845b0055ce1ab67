import { existsSync } from 'node:fs';
import path from 'node:path';
import { appNode, machineSettings } from '../local/apps.mjs';
import { Child } from '../local/processes.mjs';
import { root } from '../toolchain/paths.mjs';
import { tellDemoTime } from './clock.mjs';
import { control, secretKey, stripe } from './double.mjs';

/** Where the contract data stands, if at all (apps/stripe-double/README.md). */
const contract = path.join(root, '../shared/stripe/openapi.json');

/** Who plays the finance of a demonstration; signs up like anybody. */
export const financeEmail = 'finance@waybill.localhost';

/**
 * What a demonstration has beside the stores: the Stripe double, told where to send its webhooks, and a database that tells the
 * demonstration's time. Call it once, on a fresh and migrated database, before the apps start.
 * @param {object} options
 * @param {string} options.databaseUrl  of the owner
 * @param {string} options.redisUrl
 * @param {string} options.consoleUrl
 * @param {{port: number, release: () => Promise<void>}} options.port
 * @param {string} options.logFile
 * @param {ReturnType<typeof import('../local/processes.mjs').startLeash>} options.leash
 * @param {(child: Child) => void} [options.onStarting]
 * @returns {Promise<{child: Child, url: string, preload: string, settings: Record<string, string>}>} what every app gets
 */
export async function startDemo({ databaseUrl, redisUrl, consoleUrl, port, logFile, leash, onStarting }) {
  const url = `http://127.0.0.1:${port.port}`;
  const child = new Child(
    {
      name: 'Stripe double', cwd: root, logFile, command: appNode(),
      args: ['--enable-source-maps', path.join(root, 'apps/stripe-double/dist/main.js'), '--port', String(port.port), ...(existsSync(contract) ? ['--contract', contract] : [])],
      env: machineSettings(), ready: async () => void (await control(url, 'GET', 'clock')),
    },
    leash,
  );
  await port.release();
  onStarting?.(child);
  await child.start();
  await tellDemoTime(databaseUrl);
  const webhook = `${consoleUrl}/api/v1/stripe/webhook`;
  const endpoint = await stripe(url, 'POST', '/v1/webhook_endpoints', { form: { url: webhook, 'enabled_events[0]': '*' } });
  const thin = ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'];
  const destination = await stripe(url, 'POST', '/v2/core/event_destinations', {
    json: { name: 'demo', type: 'webhook_endpoint', event_payload: 'thin', enabled_events: thin, webhook_endpoint: { url: webhook }, include: ['webhook_endpoint.signing_secret'] },
  });
  return {
    child, url,
    preload: new URL('./clock-preload.mjs', import.meta.url).href,
    settings: {
      DEMONSTRATION: 'true', WAYBILL_DEMO_CLOCK: redisUrl, STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: url,
      STRIPE_WEBHOOK_SECRET: `${endpoint.secret},${destination.webhook_endpoint.signing_secret}`, FINANCE_OPERATORS: `${financeEmail}:finance`,
    },
  };
}
