import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lastLines, Refusal } from '../toolchain/progress.mjs';

const leashFile = fileURLToPath(new URL('leash.mjs', import.meta.url));

/** Stops everything listed once this process is gone, however it went. */
export function startLeash() {
  const guard = spawn(process.execPath, [leashFile], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.stdin.on('error', () => undefined); // it died first: nothing more can be done for it
  guard.unref();
  const say = (line) => void guard.stdin.write(`${line}\n`);
  return {
    holdProcess: (pid) => say(`+${pid}`),
    dropProcess: (pid) => say(`-${pid}`),
    holdFolder: (dir) => say(`+dir ${dir}`),
    dropFolder: (dir) => say(`-dir ${dir}`),
    release: () => void guard.stdin.end(),
  };
}

/**
 * @typedef {object} ChildSpec
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cwd
 * @property {string} logFile
 * @property {number} [uid]
 * @property {number} [gid]
 * @property {NodeJS.Signals} [stopSignal]  default SIGTERM
 * @property {number} [stopMs]  how long a stop may take before SIGKILL; default 10,000
 * @property {number} [readyMs]  default 30,000
 * @property {() => Promise<void>} ready  throws while it is not ready
 */

/** A long-running process in a group of its own, so that Ctrl-C in the terminal reaches the launcher only. */
export class Child {
  #spec;
  #leash;
  #process;
  #expectedExit = false;
  /** @type {((child: Child, exit: {code: number | null, signal: string | null}) => void) | undefined} */
  onUnexpectedExit;
  /** Resolves when the current run has ended. */
  exited = Promise.resolve({ code: /** @type {number | null} */ (0), signal: /** @type {string | null} */ (null) });

  /** @param {ChildSpec} spec @param {ReturnType<typeof startLeash>} leash */
  constructor(spec, leash) {
    this.#spec = spec;
    this.#leash = leash;
  }

  get name() {
    return this.#spec.name;
  }

  get logFile() {
    return this.#spec.logFile;
  }

  get running() {
    return this.#process !== undefined;
  }

  get pid() {
    if (this.#process?.pid === undefined) throw new Error(`${this.name} is not running`);
    return this.#process.pid;
  }

  async start() {
    const { command, args, env, cwd, logFile, uid, gid } = this.#spec;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    const started = spawn(command, args, {
      env, cwd, stdio: ['ignore', log, log], detached: true,
      ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }),
    });
    closeSync(log);
    this.#expectedExit = false;
    this.#process = started;
    this.exited = new Promise((resolve) => {
      const ended = (code, signal) => {
        if (started.pid !== undefined) this.#leash.dropProcess(started.pid);
        this.#process = undefined;
        resolve({ code, signal });
      };
      started.once('exit', ended);
      started.once('error', () => ended(127, null));
    });
    if (started.pid !== undefined) this.#leash.holdProcess(started.pid);
    await this.#untilReady();
    void this.exited.then((exit) => {
      if (!this.#expectedExit) this.onUnexpectedExit?.(this, exit);
    });
    return this;
  }

  async #untilReady() {
    const deadline = Date.now() + (this.#spec.readyMs ?? 30_000);
    for (;;) {
      if (!this.running) {
        const { code, signal } = await this.exited;
        throw new Refusal(`${this.name} stopped at once (${signal ?? `exit code ${code}`}). The end of ${this.logFile}:\n${this.logTail()}`);
      }
      try {
        return await this.#spec.ready();
      } catch (error) {
        if (Date.now() > deadline) {
          await this.kill('SIGKILL');
          throw new Refusal(`${this.name} did not become ready (${error.message}). The end of ${this.logFile}:\n${this.logTail()}`);
        }
      }
      await sleep(50);
    }
  }

  logTail(lines = 25) {
    return existsSync(this.logFile) ? lastLines(readFileSync(this.logFile, 'utf8'), lines) : '    (no log)';
  }

  /**
   * Sends a signal to the whole group and waits until the process has ended.
   * @param {NodeJS.Signals} [signal]
   */
  async kill(signal = 'SIGKILL') {
    this.#expectedExit = true;
    this.signal(signal);
    await this.exited;
  }

  /** Sends a signal and does not wait: SIGSTOP, SIGCONT. @param {NodeJS.Signals} signal */
  signal(signal) {
    if (this.running) signalGroup(this.pid, signal);
  }

  /** Asks it to end; after the grace period it is killed. */
  async stop() {
    this.#expectedExit = true;
    this.signal(this.#spec.stopSignal ?? 'SIGTERM');
    const patience = setTimeout(() => this.signal('SIGKILL'), this.#spec.stopMs ?? 10_000);
    await this.exited;
    clearTimeout(patience);
  }

  /** Stops it if it runs and starts it again, on the same port with the same data. */
  async restart() {
    await this.stop();
    return this.start();
  }
}

/** Reaches a process and all it has started. @param {number} pid @param {NodeJS.Signals} signal */
export function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // gone already
  }
}
