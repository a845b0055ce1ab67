import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBinary, root } from '../toolchain/paths.mjs';
import { Child } from './processes.mjs';

/** @typedef {'control-plane' | 'gateway' | 'worker'} AppName */

/**
 * How Node runs every app; infra/docker/Dockerfile says the same. The young generation gets 64 MiB: a gateway makes
 * much short-lived garbage, and collecting it less often saves an eighth of its processor time.
 */
export const nodeFlags = ['--disable-proto=delete', '--enable-source-maps', '--max-semi-space-size=64'];

/** Which setting names the port of an app. */
const portSetting = { 'control-plane': 'CONTROL_PLANE_PORT', gateway: 'GATEWAY_PORT', worker: 'WORKER_PORT' };

/**
 * What every app gets (libs/platform/src/config.ts).
 * @param {object} options
 * @param {string} options.databaseUrl  of the runtime role
 * @param {string} options.redisUrl
 * @param {string} options.bodiesDir  for bodies above the inline limit
 * @param {string} options.dataTokenSecret
 * @param {string} options.secretsKeys
 * @param {number} options.controlPlanePort
 * @param {number} options.gatewayPort  of the first gateway
 * @param {string} [options.host]
 */
export function appSettings({ databaseUrl, redisUrl, bodiesDir, dataTokenSecret, secretsKeys, controlPlanePort, gatewayPort, host = '127.0.0.1' }) {
  return {
    NODE_ENV: 'development',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    BODY_STORE_URL: pathToFileURL(bodiesDir).href,
    DATA_TOKEN_SECRET: dataTokenSecret,
    SECRETS_KEYS: secretsKeys,
    // Whoever tries this out has the receiver of the webhooks on the same machine.
    EGRESS_ALLOW: '127.0.0.0/8,::1/128',
    EGRESS_PORTS: '1024-65535',
    HOST: host,
    PUBLIC_URL: `http://localhost:${controlPlanePort}`,
    GATEWAY_PUBLIC_URL: `http://localhost:${gatewayPort}`,
  };
}

/**
 * One app as a process of its own: `node dist/main.js`, ready when /readyz says so.
 * @param {object} options
 * @param {AppName} options.app
 * @param {string} [options.name]  how messages call it; default: the app
 * @param {{port: number, release: () => Promise<void>}} options.port
 * @param {NodeJS.ProcessEnv} options.settings
 * @param {string} options.logFile
 * @param {ReturnType<typeof import('./processes.mjs').startLeash>} options.leash
 * @param {string} [options.preload]  address of a module that is loaded before everything else
 * @param {(child: Child) => void} [options.onStarting]
 */
export async function startApp({ app, name = app, port, settings, logFile, leash, preload, onStarting }) {
  const url = `http://127.0.0.1:${port.port}`;
  const child = new Child(
    {
      name, cwd: root, logFile,
      command: appNode(),
      args: [...nodeFlags, ...(preload === undefined ? [] : ['--import', preload]), path.join(root, 'apps', app, 'dist/main.js')],
      env: { ...machineSettings(), ...settings, [portSetting[app]]: String(port.port) },
      ready: () => isReady(url),
    },
    leash,
  );
  await port.release();
  onStarting?.(child);
  await child.start();
  return { child, url };
}

/** Which Node runs the apps. */
export const appNode = () => (existsSync(nodeBinary) ? nodeBinary : process.execPath);

/** What a process needs of this machine; settings of the product come only from the launcher. */
export function machineSettings() {
  const names = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** @param {string} url */
async function isReady(url) {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) }).catch((error) => {
    throw new Error(`${url}/readyz: ${error.cause?.code ?? error.message}`);
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}/readyz: ${answer.status} ${text}`);
}
