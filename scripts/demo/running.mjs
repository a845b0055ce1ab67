import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writePrivate } from '../launch/settings.mjs';
import { stateDir } from '../toolchain/paths.mjs';
import { Refusal } from '../toolchain/progress.mjs';

const file = path.join(stateDir, 'demo.json');

/**
 * Where the demonstration of this clone answers, and where its clock is set.
 * @typedef {import('./clock.mjs').ClockPlaces & {pid: number, consoleUrl: string, login: {email: string, password: string}}} RunningDemo
 */

/** @param {Omit<RunningDemo, 'pid'>} demo @returns {() => void} takes it back */
export function announceDemo(demo) {
  mkdirSync(stateDir, { recursive: true });
  writePrivate(file, { pid: process.pid, ...demo });
  return () => {
    if (readDemo()?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** @returns {RunningDemo | undefined} */
function readDemo() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** @returns {RunningDemo} */
export function runningDemo() {
  const demo = readDemo();
  if (demo === undefined) throw new Refusal('No demonstration runs from this folder: run "npm start -- --demo-billing" first.');
  return demo;
}
