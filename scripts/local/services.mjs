import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reservePort } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { startLeash } from './processes.mjs';
import { createProgress } from '../toolchain/progress.mjs';
import { startRedis } from './redis.mjs';

/** A folder for a throw-away installation; the leash deletes it if nobody else does. */
export function temporaryFolder(leash) {
  const folder = mkdtempSync(path.join(tmpdir(), 'waybill-'));
  chmodSync(folder, 0o711); // the user PostgreSQL runs as must pass through
  leash.holdFolder(folder);
  return {
    folder,
    remove() {
      rmSync(folder, { recursive: true, force: true });
      leash.dropFolder(folder);
    },
  };
}

/**
 * Throw-away PostgreSQL and Redis on free ports.
 * @param {{log?: (line: string) => void, durable?: boolean, maxMemory?: string}} [options]  durable: PostgreSQL waits for the disk
 * @returns {Promise<{databaseUrl: string, redisUrl: string, stop: () => Promise<void>}>} `databaseUrl` is the superuser's
 */
export async function startLocalServices({ log = () => undefined, durable = false, maxMemory } = {}) {
  const progress = createProgress(log);
  const leash = startLeash();
  const home = temporaryFolder(leash);
  const place = (name) => path.join(home.folder, name);
  const started = [];
  const stop = async () => {
    for (const service of started.reverse()) await service.child.stop();
    for (const service of started) service.removeData?.();
    home.remove();
    leash.release();
  };
  try {
    const redis = await startRedis({ dataDir: place('redis'), port: await reservePort(), logFile: place('redis.log'), maxMemory, leash, progress });
    started.push(redis);
    const postgres = await startPostgres({
      dataDir: place('postgres'), port: await reservePort(), password: randomBytes(12).toString('hex'), logFile: place('postgres.log'), durable, leash, note: progress.note,
    });
    started.push(postgres);
    return { databaseUrl: postgres.url, redisUrl: redis.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
