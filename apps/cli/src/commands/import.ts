import { readFile, writeFile } from 'node:fs/promises';
import type { AddCommands } from '../context.js';
import { convert } from '../rabbitmq/convert.js';
import { parseDefinitions } from '../rabbitmq/definitions.js';
import { topologyText } from '../topology/export.js';
import { applyTopology } from './topology.js';

interface ImportFlags {
  readonly vhost: string;
  readonly out?: string;
  readonly apply?: boolean;
  readonly yes?: boolean;
}

/** import rabbitmq. */
export const importCommands: AddCommands = (program, run) => {
  program
    .command('import')
    .description('take over definitions from another broker')
    .command('rabbitmq')
    .description('turn exported RabbitMQ definitions into a topology file; tells what could not be carried over, and why')
    .argument('<definitions.json>', 'from rabbitmqctl export_definitions or the management plugin')
    .option('--vhost <name>', 'the virtual host that is read', '/')
    .option('-o, --out <file>', 'where the topology file goes; default: the standard output')
    .option('--apply', 'apply it at once; asks first')
    .option('-y, --yes', 'do not ask')
    .action(
      run(async (context, file: string, { vhost, out, apply, yes }: ImportFlags) => {
        const { topology, notes } = convert(parseDefinitions(await readFile(file, 'utf8'), file), vhost);
        for (const note of notes) context.out.note(`note  ${note}`);
        const { exchanges = {}, queues = {}, bindings = [] } = topology;
        context.out.note(`${Object.keys(exchanges).length} exchanges, ${Object.keys(queues).length} queues, ${bindings.length} bindings; ${notes.length} notes.`);
        if (out !== undefined) await writeFile(out, topologyText(topology));
        if (apply) await applyTopology(context, topology, yes === undefined ? {} : { yes });
        else if (context.out.asJson) context.out.show({ topology, notes }, '');
        else if (out === undefined) context.terminal.write(topologyText(topology));
      }),
    );
};
