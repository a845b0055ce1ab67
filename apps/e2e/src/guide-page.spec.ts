import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blocksOf, difference } from './guide-page.js';
import { runPage } from './guide-run.js';

const fence = (info: string, code: string) => `\`\`\`${info}\n${code}\n\`\`\`\n`;

describe('a page of the guides', () => {
  it('is read as blocks with what they promise', () => {
    const page = `# Title\n\n${fence('bash', 'echo 1')}prints\n\n${fence('text', '1')}${fence('ts', 'x()')}${fence('bash no-run', 'rm -rf')}${fence('bash', 'echo {}')}${fence('json no-check', '{}')}${fence('yaml', 'a: 1')}`;
    expect(blocksOf(page)).toEqual([
      { language: 'bash', line: 3, code: 'echo 1', expected: { kind: 'text', text: '1', line: 8 } }, { language: 'ts', line: 11, code: 'x()', expected: undefined }, { language: 'bash', line: 17, code: 'echo {}', expected: undefined },
    ]);
  });

  it('with a block that has no end is refused', () => {
    expect(() => blocksOf('\n```bash\necho')).toThrow('line 2');
  });

  it.each([
    ['the same text', 'text', 'a b\n', 'a b', true], ['other text', 'text', 'a', 'b', false], ['a wildcard', 'text', 'id msg_… ok\nnext <any>', 'id msg_12 ok\nnext x y', true],
    ['a wildcard that would need two lines', 'text', 'a … b', 'a\nb', false], ['signs with a meaning in patterns', 'text', '(a+b)*', '(a+b)*', true],
    ['equal JSON in another order', 'json', '{"a":1,"b":[1,"…"]}', '{"b":[1,{"c":2}],"a":1}', true], ['a name too many', 'json', '{"a":1}', '{"a":1,"b":2}', false], ['a name too many where more is allowed', 'json', '{"a":1,"…":0}', '{"a":1,"b":2}', true],
    ['a name that is missing', 'json', '{"a":1,"b":2}', '{"a":1}', false], ['another number', 'json', '{"a":{"b":1}}', '{"a":{"b":2}}', false], ['text that begins so', 'json', '{"id":"msg_…"}', '{"id":"msg_1"}', true],
    ['text that begins otherwise', 'json', '{"id":"msg_…"}', '{"id":"q_1"}', false], ['no JSON', 'json', '{}', 'oops', false], ['a longer list', 'json', '[1]', '[1,2]', false],
  ] as const)('compares %s', (_name, kind, text, output, equal) => {
    expect(difference({ kind, text, line: 1 }, output) === undefined).toBe(equal);
  });
});

describe('running a page', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'waybill-pages-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (page: string) => {
    const file = path.join(folder, 'page.md');
    writeFileSync(file, page);
    return runPage(file, { WAYBILL_URL: 'http://u', WAYBILL_KEY: 'k', WAYBILL_CONTROL_URL: 'http://c', WAYBILL_NAMESPACE: 'ns', WAYBILL_MAILBOX: 'm' });
  };

  it('keeps variables from block to block and gives modules the environment', async () => {
    await expect(run(`${fence('bash', 'NAME=world\nexport NAME')}${fence('bash', 'echo "hello $NAME"')}${fence('text', 'hello world')}${fence('ts', 'const url: string = process.env.WAYBILL_URL!;\nconsole.log(JSON.stringify({ url, name: process.env.NAME }));')}${fence('json', '{"url":"http://u","name":"…"}')}`)).resolves.toBeUndefined();
  });

  it('fails with the line of the block that failed', async () => {
    await expect(run(`${fence('bash', 'echo fine')}\n${fence('bash', 'echo before\nfalse\necho after')}`)).rejects.toThrow(/page\.md:5 ended with 1\nbefore/);
  });

  it('fails for a variable that is not set and for a pipe that fails', async () => {
    await expect(run(fence('bash', 'echo $NOT_SET'))).rejects.toThrow('page.md:1');
    await expect(run(fence('bash', 'false | cat'))).rejects.toThrow('page.md:1');
  });

  it('fails with the line of the block that prints something else', async () => {
    await expect(run(`${fence('bash', 'echo 1')}${fence('text', '2')}`)).rejects.toThrow('page.md:1 prints something else than line 4 promises');
  });

  it('fails for a page without a block that runs', async () => {
    await expect(run('# Nothing')).rejects.toThrow('no block that runs');
  });
});
