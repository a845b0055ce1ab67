import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from './output.js';

interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The terminal of a process. Questions go to the standard error, so that the output stays the result. */
export function terminalOf({ stdin, stdout, stderr }: Streams): Terminal {
  return {
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    input: () => stdin,
    async ask(question, hidden = false) {
      if (!stdin.isTTY) return undefined;
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      stderr.write(question);
      const reader = createInterface({ input: stdin, output: hidden ? silent : stderr, terminal: true });
      try {
        return await reader.question('');
      } finally {
        reader.close();
        if (hidden) stderr.write('\n');
      }
    },
  };
}
