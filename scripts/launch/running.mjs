import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stateDir } from '../toolchain/paths.mjs';
import { Refusal } from '../toolchain/progress.mjs';
import { writePrivate } from './settings.mjs';

const lockFile = path.join(stateDir, 'lock');
const runningFile = path.join(stateDir, 'running.json');

/**
 * Where a running installation answers.
 * @typedef {object} Running
 * @property {number} pid
 * @property {string} consoleUrl
 * @property {string} gatewayUrl
 * @property {string} workerUrl
 */

/** Tells a process from a later one with the same number. @param {number} pid */
function startTime(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
  } catch {
    return ''; // no /proc here: the number alone must do
  }
}

function alive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return startTime(pid) === started;
}

/** One launcher per clone. Refuses when another one lives; a lock left by a dead one is taken over. */
export function takeLock() {
  const mine = JSON.stringify({ pid: process.pid, started: startTime(process.pid) });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(lockFile, mine, { flag: 'wx', mode: 0o600 });
      return () => {
        rmSync(runningFile, { force: true });
        rmSync(lockFile, { force: true });
      };
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readHolder();
    if (holder !== undefined && alive(holder)) {
      const running = readRunning();
      throw new Refusal(`Waybill already runs from this folder (process ${holder.pid})${running ? `: ${running.consoleUrl}` : ' and is still starting'}.`);
    }
    rmSync(lockFile, { force: true });
    rmSync(runningFile, { force: true });
  }
  throw new Refusal('Another start of this folder is under way.');
}

function readHolder() {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8'));
  } catch {
    return undefined; // cut off while being written
  }
}

/** @param {Omit<Running, 'pid'>} running */
export function announce(running) {
  writePrivate(runningFile, { pid: process.pid, ...running });
}

/** @returns {Running | undefined} */
export function readRunning() {
  return existsSync(runningFile) ? JSON.parse(readFileSync(runningFile, 'utf8')) : undefined;
}
