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

/** What named processes use while `work` runs, in per cent of one core. */
export async function watchProcessors<T>(pids: Readonly<Record<string, number>>, work: () => Promise<T>): Promise<{ result: T; shares: Record<string, number> }> {
  const before = Object.values(pids).map(processorSeconds);
  const startMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const shares: Record<string, number> = {};
  Object.entries(pids).forEach(([name, pid], i) => {
    const [then, now] = [before[i], processorSeconds(pid)];
    if (then !== undefined && now !== undefined) shares[`${name} % of a core`] = ((now - then) / seconds) * 100;
  });
  return { result, shares };
}
