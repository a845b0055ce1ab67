import path from 'node:path';
import { root } from './paths.mjs';
import { run } from '../local/commands.mjs';
import { quietEnvironment } from './toolchain.mjs';

/**
 * Runs Nx on the Node of this repository, without daemon, cloud or terminal interface.
 * @param {string[]} args
 * @param {{env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void, tolerant?: boolean}} [options]
 */
export function nx(args, { env = {}, ...options } = {}) {
  const PATH = `${path.join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`;
  return run(process.execPath, [path.join(root, 'node_modules/nx/dist/bin/nx.js'), ...args], { cwd: root, env: { ...quietEnvironment(), ...env, PATH }, ...options });
}

/** Builds what has changed since the last build. */
export const buildAll = () => nx(['run-many', '-t', 'build']);
