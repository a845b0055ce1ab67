import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { blocksOf, difference } from './guide-page.js';
import type { Block } from './guide-page.js';

const root = path.resolve(import.meta.dirname, '../../..');
/** For a whole page. */
const limitMs = 90_000;

/** What a page finds in its environment. */
export interface GuideEnvironment {
  readonly WAYBILL_URL: string;
  readonly WAYBILL_KEY: string;
  readonly WAYBILL_CONTROL_URL: string;
  readonly WAYBILL_NAMESPACE: string;
  /** Folder with a file for each address that got mail, a line of JSON each. */
  readonly WAYBILL_MAILBOX: string;
}

/** Runs the blocks of a page in order, in one bash and a folder of their own; fails with page and line. */
export async function runPage(file: string, environment: GuideEnvironment): Promise<void> {
  const blocks = blocksOf(readFileSync(file, 'utf8'));
  const name = path.relative(root, file);
  if (blocks.length === 0) throw new Error(`${name} has no block that runs`);
  const folder = mkdtempSync(path.join(tmpdir(), 'waybill-guide-'));
  try {
    const home = path.join(folder, 'page');
    mkdirSync(home);
    // Modules of the page find the client as they would in a project that has installed it.
    symlinkSync(path.join(root, 'node_modules'), path.join(home, 'node_modules'));
    writeFileSync(path.join(home, 'package.json'), '{"type":"module"}');
    const { code, timedOut } = await inBash(scriptOf(blocks, folder), home, environment, folder);
    const read = (kind: string) => (existsSync(path.join(folder, kind)) ? readFileSync(path.join(folder, kind), 'utf8') : '');
    const reached = Number(read('at') || blocks[0]?.line);
    if (code !== 0) throw new Error(`${name}:${reached} ${timedOut ? `did not end in ${limitMs / 1000} s` : `ended with ${code}`}\n${read(`out-${reached}`)}\n${read(`err-${reached}`)}`);
    for (const { line, expected } of blocks) {
      const wrong = expected && difference(expected, read(`out-${line}`));
      if (wrong !== undefined) throw new Error(`${name}:${line} prints something else than line ${expected?.line} promises, ${wrong}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One script that runs all blocks: what a bash block sets, the later ones know. */
function scriptOf(blocks: readonly Block[], folder: string): string {
  const steps = blocks.map(({ language, line, code }) => {
    const file = path.join(folder, language === 'bash' ? `block-${line}.sh` : `page/block-${line}.ts`);
    writeFileSync(file, `${code}\n`);
    const command = language === 'bash' ? `source ${file}` : `node ${file}`;
    return `echo ${line} > ${folder}/at\n${command} > ${folder}/out-${line} 2> ${folder}/err-${line}`;
  });
  return ['set -euo pipefail', ...steps].join('\n');
}

function inBash(script: string, cwd: string, environment: GuideEnvironment, folder: string): Promise<{ code: number | null; timedOut: boolean }> {
  const bin = path.join(root, 'node_modules/.bin');
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder, LANG: 'C.UTF-8', NODE_NO_WARNINGS: '1', ...environment };
  // A group of its own, so that what a block leaves behind ends with it.
  const bash = spawn('bash', ['-c', script], { cwd, env, stdio: 'ignore', detached: true });
  const end = () => {
    try {
      process.kill(-(bash.pid ?? NaN), 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, limitMs);
    bash.on('error', reject);
    bash.on('exit', (code) => {
      clearTimeout(timer);
      end();
      resolve({ code, timedOut });
    });
  });
}
