// Lints texts as if they were the named files: JSON [{file, text}] in, JSON [[rule id, …], …] out. A process of its
// own, because ESLint and the TypeScript service do not live in Jest's module sandbox.
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';

const root = path.resolve(import.meta.dirname, '../..');
await createProjectGraphAsync({ exitOnError: true, resetDaemonClient: true }); // the boundary rule reads its cache
const eslint = new ESLint({ cwd: root });
const results = [];
for (const { file, text: source } of JSON.parse(await text(process.stdin))) {
  const [report] = await eslint.lintText(source, { filePath: path.join(root, file) });
  results.push((report?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message));
}
process.stdout.write(JSON.stringify(results));
