import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './commands.mjs';
import { Refusal } from '../toolchain/progress.mjs';

/** @param {string[]} names @returns {string | undefined} the first of them on the PATH */
export function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  for (const file of names.flatMap((name) => folders.map((folder) => path.join(folder, name)))) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

/** @param {string[]} packages  Debian packages; services they bring are neither started nor enabled */
export async function aptInstall(packages) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env, tolerant: true });
  try {
    if ((await install()).code !== 0) {
      await run('apt-get', ['update', '-q'], { env });
      const { code, output } = await install();
      if (code !== 0) throw new Refusal(`apt-get could not install ${packages.join(', ')}:\n${output.slice(-2000)}`);
    }
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

export const mayInstall = () => process.getuid?.() === 0 && onPath('apt-get') !== undefined;
