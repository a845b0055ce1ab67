import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { aptInstall, mayInstall, onPath } from './apt.mjs';
import { run } from './commands.mjs';
import { Child } from './processes.mjs';
import { Refusal } from '../toolchain/progress.mjs';

const oldestMajor = 7; // sharded publish/subscribe and the multi-part append-only file

/** @param {import('../toolchain/progress.mjs').Progress} progress @returns {Promise<string>} path of the server */
async function findRedis(progress) {
  const found = onPath('redis-server', 'valkey-server');
  if (found !== undefined) return found;
  if (!mayInstall()) {
    throw new Refusal('Redis is missing: install redis-server or valkey-server (7 or later), or run "docker compose up -d redis" and set REDIS_URL=redis://127.0.0.1:6379.');
  }
  await progress.step('installing the Debian package redis-server (its system service stays off)', async () => {
    await aptInstall(['redis-server']);
    if (onPath('update-rc.d')) await run('update-rc.d', ['redis-server', 'disable'], { tolerant: true });
  });
  return /** @type {string} */ (onPath('redis-server'));
}

/** What the durability of an answered message rests on; the apps check it at boot. */
const durability = [
  '--appendonly', 'yes', '--appendfsync', 'always', '--no-appendfsync-on-rewrite', 'no', '--aof-load-truncated', 'yes',
  '--save', '', '--maxmemory-policy', 'noeviction',
  // Messages come and go, so the file doubles often; each rewrite takes a core for seconds. It is worth it for a gigabyte.
  '--auto-aof-rewrite-min-size', '1gb',
];

/**
 * A Redis (or Valkey) server on 127.0.0.1.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {{port: number, release: () => Promise<void>}} options.port
 * @param {string} options.logFile
 * @param {string} [options.maxMemory]  default 1gb
 * @param {ReturnType<typeof import('./processes.mjs').startLeash>} options.leash
 * @param {import('../toolchain/progress.mjs').Progress} options.progress
 * @param {(child: Child) => void} [options.onStarting]
 */
export async function startRedis({ dataDir, port, logFile, maxMemory = '1gb', leash, progress, onStarting }) {
  const command = await findRedis(progress);
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  const major = Number(/v=(\d+)/.exec(stdout)?.[1]);
  if (!(major >= oldestMajor)) throw new Refusal(`${command} is too old (${stdout.trim()}): version ${oldestMajor} or later is needed.`);

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const args = ['--port', String(port.port), '--bind', '127.0.0.1', '--dir', dataDir, '--maxmemory', maxMemory, '--daemonize', 'no', ...durability];
  const child = new Child(
    { name: 'Redis', command, args, cwd: dataDir, env: { ...process.env, LC_ALL: 'C' }, logFile, ready: () => ping(port.port) },
    leash,
  );
  await port.release();
  onStarting?.(child);
  await child.start();
  return { child, url: `redis://127.0.0.1:${port.port}` };
}

/** Answers once the data is loaded: before that Redis says LOADING. @param {number} port */
function ping(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      if (data.toString().startsWith('+PONG')) resolve(undefined);
      else reject(new Error(data.toString().trim()));
    });
  });
}
