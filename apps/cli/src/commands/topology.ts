import { writeFile } from 'node:fs/promises';
import type { AddCommands, Context } from '../context.js';
import { Ended, exitCodes, UsageError } from '../failure.js';
import { applyPlan } from '../topology/apply.js';
import { topologyText } from '../topology/export.js';
import { readLive } from '../topology/live-topology.js';
import { planOf } from '../topology/plan.js';
import type { Plan } from '../topology/plan.js';
import { planText } from '../topology/plan-text.js';
import { readTopologyFile } from '../topology/topology-file.js';
import type { WantedTopology } from '../topology/topology-file.js';

export interface ApplyFlags {
  readonly prune?: boolean;
  readonly yes?: boolean;
}

/** topology plan, apply, export. */
export const topologyCommands: AddCommands = (program, run) => {
  const topology = program.command('topology').description('exchanges, queues, bindings and schedules from one file');
  topology
    .command('plan')
    .description('show what apply would do')
    .argument('<file>', 'YAML or JSON')
    .option('--prune', 'delete what is not in the file')
    .option('--check', `end with ${exitCodes.different} when there is something to do`)
    .action(
      run(async (context, file: string, { prune = false, check }: { prune?: boolean; check?: boolean }) => {
        const wanted = await readTopologyFile(file);
        const plan = planOf(wanted, await readLive(context.managing(), wanted), { prune });
        context.out.show(plan, planText(plan));
        if (plan.conflicts.length > 0) throw new Ended(exitCodes.failed);
        if (check && plan.changes.length > 0) throw new Ended(exitCodes.different);
      }),
    );
  topology
    .command('apply')
    .description('make the namespace as the file says; asks first')
    .argument('<file>', 'YAML or JSON')
    .option('--prune', 'delete what is not in the file')
    .option('-y, --yes', 'do not ask')
    .action(run(async (context, file: string, flags: ApplyFlags) => applyTopology(context, await readTopologyFile(file), flags)));
  topology
    .command('export')
    .description('write what the namespace has as a topology file')
    .option('-o, --out <file>', 'default: the standard output')
    .action(
      run(async (context, { out }: { out?: string }) => {
        const live = await readLive(context.managing(), { schedules: {} });
        const text = topologyText({ ...live, ...(Object.keys(live.schedules).length === 0 ? { schedules: undefined } : {}) });
        if (out === undefined) context.terminal.write(text);
        else await writeFile(out, text);
      }),
    );
};

/** Plans, asks and applies. */
export async function applyTopology(context: Context, wanted: WantedTopology, { prune = false, yes = false }: ApplyFlags): Promise<void> {
  const client = context.managing();
  const plan = planOf(wanted, await readLive(client, wanted), { prune });
  if (plan.conflicts.length > 0) {
    context.out.show(plan, planText(plan));
    throw new Ended(exitCodes.failed);
  }
  if (!context.out.asJson) context.out.show(undefined, planText(plan));
  if (plan.changes.length > 0) {
    if (!yes) await confirmed(context, plan);
    await applyPlan(client, plan, ({ action, kind, name }) => context.out.note(`${{ create: 'created', change: 'changed', delete: 'deleted' }[action]} ${kind} ${name}`));
  }
  if (context.out.asJson) context.out.show({ ...plan, applied: true }, '');
  else if (plan.changes.length > 0) context.out.show(undefined, 'Applied.');
}

async function confirmed(context: Context, plan: Plan): Promise<void> {
  if (context.out.asJson) context.out.note(planText(plan));
  const answer = await context.terminal.ask('Apply? (yes/no) ');
  if (answer === undefined) throw new UsageError('Nobody is there to be asked: say --yes.');
  if (answer.trim().toLowerCase() !== 'yes') {
    context.out.note('Nothing was changed.');
    throw new Ended(exitCodes.failed);
  }
}
