import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from './installation.js';

/** What Redis is asked in a second, by command, over so long. */
export async function commandsIn(installation: Pick<Installation, 'commandCalls'>, windowMs: number): Promise<Map<string, number>> {
  const before = await installation.commandCalls();
  const startMs = performance.now();
  await sleep(windowMs);
  const [after, endMs] = [await installation.commandCalls(), performance.now()];
  return new Map([...after].map(([command, calls]) => [command, ((calls - (before.get(command) ?? 0)) * 1_000) / (endMs - startMs)]));
}

export const sum = (commands: ReadonlyMap<string, number>) => [...commands.values()].reduce((all, one) => all + one, 0);

/** The commands that are asked for most, so that it can be seen who asks. */
export const mostAsked = (commands: ReadonlyMap<string, number>) => Object.fromEntries([...commands].filter(([, perSecond]) => perSecond > 0).sort((a, b) => b[1] - a[1]).slice(0, 5));
