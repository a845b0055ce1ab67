import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const ticksPerSecond = 100;

/** Seconds of processor time a process has used, user and system; undefined where there is no /proc. */
export function processorSeconds(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  return processorSecondsIn(stat);
}

/** The name in parentheses may hold spaces and parentheses: fields are counted from its end (proc_pid_stat(5): 14 utime, 15 stime). */
export function processorSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/**
 * What named processes use while `work` runs, in per cent of one core; of its first `seconds` only when they are given: what
 * comes after the measurement, such as a consumer that ends its last wait, would make them look idle.
 */
export async function watchProcessors<T>(pids: Readonly<Record<string, number>>, work: () => Promise<T>, seconds?: number, read = processorSeconds): Promise<{ result: T; shares: Record<string, number> }> {
  const look = () => ({ ms: performance.now(), used: Object.values(pids).map(read) });
  const before = look();
  let after: ReturnType<typeof look> | undefined;
  const timer = seconds === undefined ? undefined : setTimeout(() => (after = look()), seconds * 1000);
  let result: T;
  try {
    result = await work();
  } finally {
    clearTimeout(timer);
  }
  const { ms, used } = after ?? look();
  const shares: Record<string, number> = {};
  for (const [i, name] of Object.keys(pids).entries()) {
    const [then, now] = [before.used[i], used[i]];
    if (then !== undefined && now !== undefined) shares[`${name} % of a core`] = ((now - then) / (ms - before.ms)) * 100_000;
  }
  return { result, shares };
}
