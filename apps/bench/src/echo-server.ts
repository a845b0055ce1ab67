import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from './client.js';
import type { Scope } from './scope.js';

/** Starts the yardstick (echo.ts) as a process of its own; answers its URL. */
export async function startEcho(scope: Scope): Promise<string> {
  const echo = fork(fileURLToPath(new URL('./echo.js', import.meta.url)), { execArgv: nodeFlags });
  scope.defer(() => void echo.kill());
  return new Promise((resolve, reject) => echo.once('message', (url) => resolve(String(url))).once('exit', (code) => reject(new Error(`the echo ended with code ${code}`))));
}
