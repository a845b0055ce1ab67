import { readFileSync } from 'node:fs';
import { environmentOf } from './environment.js';
import { exitCodes } from './failure.js';
import { runProgram } from './program.js';
import { terminalOf } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
const { stdin, stdout, stderr, argv } = process;
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first asks to finish, the second does not wait.
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort(new Error('interrupted'));
  });
}
// `waybill browse q | head` closes the pipe: nobody reads any more.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed));

process.exitCode = await runProgram(argv.slice(2), { environment: environmentOf(), terminal: terminalOf({ stdin, stdout, stderr }), signal: interrupt.signal, version });
