/** An error whose message is written for the person at the terminal; no stack is shown. */
export class Refusal extends Error {}

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * Says what is being done and how long each step took. A step that takes long is heard of every 15 seconds.
 * @param {(line: string) => void} [write]
 */
export function createProgress(write = (line) => void process.stdout.write(`${line}\n`)) {
  const startedMs = Number(process.env.WAYBILL_STARTED_MS ?? Date.now()); // a predecessor on another Node has begun
  return {
    startedMs,
    /** @param {string} line */
    note: (line) => write(`  ${line}`),
    /** Seconds since the first step, as text. */
    total: () => seconds(Date.now() - startedMs),
    /**
     * @template T
     * @param {string} name  what is being done: "starting PostgreSQL"
     * @param {() => Promise<T>} work
     * @param {{silent?: boolean}} [options]  silent: the work prints nothing itself, so it must be said that it goes on; default true
     * @returns {Promise<T>}
     */
    async step(name, work, { silent = true } = {}) {
      const from = performance.now();
      write(`▸ ${name}`);
      const heartbeat = setInterval(() => silent && write(`  … ${seconds(performance.now() - from)}, still ${name}`), 15_000);
      try {
        const result = await work();
        write(`  ✓ ${seconds(performance.now() - from)}`);
        return result;
      } catch (error) {
        write(`  ✗ ${seconds(performance.now() - from)}`);
        throw error;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createProgress>} Progress */

/**
 * The last lines of a failed command or a log, indented.
 * @param {string} text
 * @param {number} [lines]
 */
export function lastLines(text, lines = 25) {
  return text.trimEnd().split('\n').slice(-lines).map((line) => `    ${line}`).join('\n');
}

/** Ends this process with what went wrong. @param {unknown} error @returns {never} */
export function fail(error) {
  process.stderr.write(`\n${error instanceof Refusal ? error.message : (error?.stack ?? error)}\n`);
  process.exit(1);
}
