import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { appSettings, startApp } from './apps.mjs';
import { createThrowAwayDatabase } from './database.mjs';
import { reservePort } from './ports.mjs';
import { startDemo } from '../demo/installation.mjs';
import { startPostgres } from './postgres.mjs';
import { startLeash } from './processes.mjs';
import { createProgress } from '../toolchain/progress.mjs';
import { startRedis } from './redis.mjs';
import { temporaryFolder } from './services.mjs';

export { startRabbit } from './rabbitmq.mjs';
export { startLocalServices } from './services.mjs';

/** @type {typeof import('./stack.d.mts').startStack} */
export async function startStack({ gateways: count = 1, worker = true, databaseServerUrl, settings = {}, maxMemory, demo = false, ports: wished = {}, log = () => undefined } = {}) {
  const progress = createProgress(log);
  const leash = startLeash();
  const home = temporaryFolder(leash);
  const logFile = (name) => path.join(home.folder, 'logs', `${name}.log`);
  /** Undone in reverse order. @type {(() => Promise<unknown> | void)[]} */
  const undo = [() => leash.release(), () => home.remove()];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };

  try {
    const redis = await startRedis({ dataDir: path.join(home.folder, 'redis'), port: await reservePort(), logFile: logFile('redis'), maxMemory, leash, progress });
    undo.push(() => redis.child.stop());
    const { database, postgres } = await openDatabase(databaseServerUrl, { home, logFile, leash, progress, undo });

    const ports = { controlPlane: await reservePort(wished.controlPlane), gateway: await reservePort(wished.gateway), worker: await reservePort(wished.worker) };
    const staged = demo
      ? await startDemo({ databaseUrl: database.adminUrl, redisUrl: redis.url, consoleUrl: `http://127.0.0.1:${ports.controlPlane.port}`, port: await reservePort(wished.stripe), logFile: logFile('stripe-double'), leash })
      : null;
    if (staged !== null) undo.push(() => staged.child.stop());
    const stripe = staged === null ? null : { url: staged.url, process: staged.child };
    const common = withoutEmpty({
      ...appSettings({
        databaseUrl: database.runtimeUrl, redisUrl: redis.url, bodiesDir: path.join(home.folder, 'bodies'), dataTokenSecret: randomBytes(24).toString('hex'),
        secretsKeys: `local:${randomBytes(32).toString('base64')}`,
        controlPlanePort: ports.controlPlane.port, gatewayPort: ports.gateway.port,
      }),
      NODE_ENV: 'test',
      ...staged?.settings,
      ...settings,
    });
    const open = async (app, port, name = app) => {
      const { child, url } = await progress.step(`starting ${name}`, () => startApp({ app, name, port, settings: common, logFile: logFile(name), leash, preload: staged?.preload }));
      undo.push(() => child.stop());
      return { url, process: child };
    };
    const controlPlane = await open('control-plane', ports.controlPlane);
    const gateways = [];
    const addGateway = async (port) => {
      const gateway = await open('gateway', port ?? (await reservePort()), `gateway-${gateways.length + 1}`);
      gateways.push(gateway);
      return gateway;
    };
    await addGateway(ports.gateway);
    while (gateways.length < count) await addGateway();
    const running = worker ? await open('worker', ports.worker) : null;
    if (!worker) await ports.worker.release();

    return {
      controlPlane, gateways, worker: running, redis: { url: redis.url, process: redis.child }, postgres,
      databaseUrl: database.adminUrl, redisUrl: redis.url, stripe, addGateway: () => addGateway(), stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A setting given as '' is one the stack should not have. */
function withoutEmpty(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}

/** A database on the given server, or on one of the stack's own. */
async function openDatabase(serverUrl, { home, logFile, leash, progress, undo }) {
  let server = null;
  if (serverUrl === undefined) {
    server = await startPostgres({
      dataDir: path.join(home.folder, 'postgres'), port: await reservePort(), password: randomBytes(12).toString('hex'),
      logFile: logFile('postgres'), durable: false, leash, note: progress.note,
    });
    undo.push(() => server.removeData(), () => server.child.stop());
  }
  const database = await createThrowAwayDatabase(serverUrl ?? server.url);
  if (server === null) undo.push(() => database.drop());
  return { database, postgres: server?.child ?? null };
}
