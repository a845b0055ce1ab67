import path from 'node:path';
import { appSettings, startApp } from '../local/apps.mjs';
import { applyMigrations, asUser, createDatabase, ensureRuntimeRole, inDatabase } from '../local/database.mjs';
import { stateDir } from '../toolchain/paths.mjs';
import { reservePort } from '../local/ports.mjs';
import { startPostgres } from '../local/postgres.mjs';
import { startRedis } from '../local/redis.mjs';

const databaseName = 'waybill';
const runtimeRole = 'waybill_app';
export const logFile = (name) => path.join(stateDir, 'logs', `${name}.log`);

/** @param {string} setting @param {number} usual */
async function portFor(setting, usual, host, note) {
  const wished = Number(process.env[setting] ?? usual);
  const port = await reservePort(wished, host);
  if (wished !== 0 && port.port !== wished) note(`port ${wished} is taken, using ${port.port} (${setting} chooses another)`);
  return port;
}

/**
 * The kept installation of this clone: the stores unless the environment names others, then the apps. Each
 * process is handed to `onStarting` before it starts, so that an interrupt in the middle stops it too.
 * @param {object} options
 * @param {import('./settings.mjs').Settings} options.settings
 * @param {import('../toolchain/progress.mjs').Progress} options.progress
 * @param {ReturnType<typeof import('../local/processes.mjs').startLeash>} options.leash
 * @param {(child: import('../local/processes.mjs').Child) => void} options.onStarting
 */
export async function openStores({ settings, progress, leash, onStarting }) {
  const { DATABASE_URL, DATABASE_ADMIN_URL, REDIS_URL } = process.env;
  const redis = REDIS_URL
    ? { url: REDIS_URL }
    : await progress.step('starting Redis', async () =>
        startRedis({
          dataDir: path.join(stateDir, 'redis'), port: await portFor('WAYBILL_REDIS_PORT', 16379, '127.0.0.1', progress.note),
          logFile: logFile('redis'), maxMemory: process.env.WAYBILL_REDIS_MAXMEMORY, leash, progress, onStarting,
        }),
      );
  if (DATABASE_URL) return { redisUrl: redis.url, databaseUrl: DATABASE_URL, adminUrl: DATABASE_ADMIN_URL ?? DATABASE_URL };
  const postgres = await progress.step('starting PostgreSQL', async () => {
    const started = await startPostgres({
      dataDir: path.join(stateDir, 'postgres'), port: await portFor('WAYBILL_POSTGRES_PORT', 15432, '127.0.0.1', progress.note),
      password: settings.postgresPassword, logFile: logFile('postgres'), durable: true, leash, note: progress.note, onStarting,
    });
    await createDatabase(started.url, databaseName);
    return started;
  });
  const adminUrl = inDatabase(postgres.url, databaseName);
  return { redisUrl: redis.url, databaseUrl: asUser(adminUrl, runtimeRole, settings.runtimePassword), adminUrl };
}

/**
 * A DATABASE_URL without DATABASE_ADMIN_URL is owner and user of the tables in one.
 * @param {{adminUrl: string, databaseUrl: string}} stores
 */
export async function migrateStores({ adminUrl, databaseUrl }) {
  const applied = await applyMigrations(adminUrl);
  if (adminUrl !== databaseUrl) await ensureRuntimeRole(adminUrl, databaseUrl);
  return applied;
}

/** What the person has set, in the environment or in .env, wins over the launcher's choice. */
async function givenSettings() {
  const { settings } = await import('@waybill/platform');
  const launchers = ['DATABASE_ADMIN_URL', 'CONTROL_PLANE_PORT', 'GATEWAY_PORT', 'WORKER_PORT'];
  const names = settings.map(({ name }) => name).filter((name) => process.env[name] && !launchers.includes(name));
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/**
 * @param {object} options
 * @param {{redisUrl: string, databaseUrl: string}} options.stores
 * @param {import('./settings.mjs').Settings} options.settings
 * @param {import('../toolchain/progress.mjs').Progress} options.progress
 * @param {ReturnType<typeof import('../local/processes.mjs').startLeash>} options.leash
 * @param {(child: import('../local/processes.mjs').Child) => void} options.onStarting
 */
export async function openApps({ stores, settings, progress, leash, onStarting }) {
  const host = process.env.HOST ?? '127.0.0.1';
  const ports = {
    'control-plane': await portFor('CONTROL_PLANE_PORT', 3000, host, progress.note),
    gateway: await portFor('GATEWAY_PORT', 3001, host, progress.note),
    worker: await portFor('WORKER_PORT', 3002, host, progress.note),
  };
  const own = appSettings({
    ...stores, bodiesDir: path.join(stateDir, 'bodies'), dataTokenSecret: settings.dataTokenSecret, secretsKeys: settings.secretsKeys,
    controlPlanePort: ports['control-plane'].port, gatewayPort: ports.gateway.port, host,
  });
  const merged = { ...own, ...(await givenSettings()), DATABASE_URL: stores.databaseUrl, REDIS_URL: stores.redisUrl };
  const urls = {};
  await progress.step('starting control-plane, gateway and worker', () =>
    Promise.all(
      Object.entries(ports).map(async ([app, port]) => {
        const { child, url } = await startApp({ app, port, settings: merged, logFile: logFile(app), leash, onStarting });
        urls[app] = url;
        return child;
      }),
    ),
  );
  return { consoleUrl: `http://localhost:${ports['control-plane'].port}`, gatewayUrl: `http://localhost:${ports.gateway.port}`, workerUrl: urls.worker };
}
