// Runs beside whoever starts processes and outlives them: when its standard input ends, even by kill -9 of the
// starter, it stops what is still listed and deletes the listed folders. Lines: "+pid", "-pid", "+dir <path>", "-dir <path>".
// SIGINT, because to PostgreSQL SIGTERM means to wait for every client; to the others both mean the same.
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const pids = [];
const dirs = new Set();
const graceMs = 10_000;

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, value] = [line.slice(0, 4), line.slice(5)];
  if (verb === '+dir') dirs.add(value);
  else if (verb === '-dir') dirs.delete(value);
  else if (line.startsWith('+')) pids.unshift(Number(line.slice(1)));
  else pids.splice(pids.indexOf(Number(line.slice(1))), 1);
}

const groupAlive = (pid) => {
  try {
    process.kill(-pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); // ended, and nobody has asked for its exit code
  } catch {
    return true;
  }
};
const signal = (pid, name) => {
  try {
    process.kill(-pid, name);
  } catch {
    // gone already
  }
};

// Last started, first stopped: apps before the stores they write to.
for (const pid of pids) {
  signal(pid, 'SIGINT');
  const deadline = Date.now() + graceMs;
  while (groupAlive(pid) && Date.now() < deadline) await sleep(50);
  signal(pid, 'SIGKILL');
}
for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
