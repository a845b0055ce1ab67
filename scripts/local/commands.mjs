import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { signalGroup } from './processes.mjs';
import { lastLines, Refusal } from '../toolchain/progress.mjs';

/** @type {Set<{pid?: number, ended: Promise<unknown>}>} */
const tools = new Set();

let stopping = false;

/** Ends the short-lived commands that `run` is waiting for; who waits for one waits until this process exits. */
export async function stopTools() {
  stopping = true;
  await Promise.all(
    [...tools].map(({ pid = 0, ended }) => {
      signalGroup(pid, 'SIGTERM');
      const patience = setTimeout(() => signalGroup(pid, 'SIGKILL'), 5_000);
      return ended.finally(() => clearTimeout(patience));
    }),
  );
}

/**
 * Runs a command to its end. Its output goes to `onOutput`, or is kept and shown when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, uid?: number, gid?: number, onOutput?: (text: string) => void, tolerant?: boolean}} [options]
 * @returns {Promise<{code: number, output: string}>} rejects on a non-zero code unless `tolerant`
 */
export async function run(command, args, { cwd, env = process.env, uid, gid, onOutput, tolerant = false } = {}) {
  let output = '';
  const code = await new Promise((resolve, reject) => {
    const tool = spawn(command, args, {
      cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
      ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }),
    });
    const entry = { pid: tool.pid, ended: once(tool, 'exit').catch(() => undefined) };
    tools.add(entry);
    for (const stream of [tool.stdout, tool.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        const plain = stripVTControlCharacters(text);
        output += plain;
        onOutput?.(process.stdout.isTTY ? text : plain);
      });
    }
    tool.once('error', (error) => {
      tools.delete(entry);
      reject(error);
    });
    tool.once('close', (status, signal) => {
      tools.delete(entry);
      resolve(status ?? (signal === null ? 1 : 130));
    });
  });
  if (stopping) await new Promise(() => undefined);
  if (code !== 0 && !tolerant) {
    throw new Refusal(`${path.basename(command)} ${args.slice(0, 6).join(' ')} failed with code ${code}:\n${lastLines(output, 60)}`);
  }
  return { code, output };
}
