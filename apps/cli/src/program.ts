import { Command, CommanderError } from 'commander';
import { importCommands } from './commands/import.js';
import { logCommands } from './commands/log.js';
import { loginCommands } from './commands/login.js';
import { operateCommands } from './commands/operate.js';
import { publishCommands } from './commands/publish.js';
import { queueCommands } from './commands/queues.js';
import { receiveCommands } from './commands/receive.js';
import { scheduleCommands } from './commands/schedules.js';
import { subscriptionCommands } from './commands/subscriptions.js';
import { taskCommands } from './commands/tasks.js';
import { topologyCommands } from './commands/topology.js';
import { verifyInvoiceCommands } from './commands/verify-invoice.js';
import { Context } from './context.js';
import type { GlobalOptions, Run, Surroundings } from './context.js';
import { complaint, Ended, exitCodeOf, exitCodes, told } from './failure.js';

const rooms = [loginCommands, publishCommands, receiveCommands, logCommands, operateCommands, taskCommands, queueCommands, scheduleCommands, subscriptionCommands, topologyCommands, importCommands, verifyInvoiceCommands];

/** Runs one command line, without the name of the program, and answers its exit code. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal, signal, version } = surroundings;
  const program = new Command('waybill')
    .description('Waybill from the command line')
    .version(version)
    .option('--profile <name>', 'which profile; default: the last login')
    .option('--url <url>', 'address of the gateway')
    .option('--key <key>', 'API key')
    .option('--control-url <url>', 'address of the control plane')
    .option('--namespace <id>', 'namespace of definitions')
    .option('--json', 'results as JSON: one document, or one per line where there are many')
    .configureOutput({ writeOut: (text) => terminal.write(text), writeErr: (text) => terminal.note(text) })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError('(waybill --help lists the commands)');
  const run: Run = (action) => async (...given) => {
    await action(new Context(surroundings, program.opts<GlobalOptions>()), ...given);
  };
  for (const room of rooms) room(program, run);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (signal.aborted) return exitCodes.interrupted;
    if (!(error instanceof Ended)) terminal.note(`${program.opts<GlobalOptions>().json ? JSON.stringify(told(error)) : complaint(told(error))}\n`);
    return exitCodeOf(error);
  }
}
