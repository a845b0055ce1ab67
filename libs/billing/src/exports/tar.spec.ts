import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tarEnd, tarEntry } from './tar.js';

describe('an archive', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'waybill-tar-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is unpacked by tar to the same files, of any length, with their times', () => {
    const files = new Map([0, 1, 511, 512, 513, 70_000].map((bytes) => [`WB-2026-${String(bytes).padStart(6, '0')}.pdf`, Buffer.alloc(bytes, 'ab')]));
    writeFileSync(path.join(folder, 'all.tar'), Buffer.concat([...[...files].map(([name, body]) => tarEntry(name, body, Date.UTC(2026, 1, 3))), tarEnd]));
    execFileSync('tar', ['-xf', 'all.tar'], { cwd: folder });
    for (const [name, body] of files) {
      expect(readFileSync(path.join(folder, name)).equals(body)).toBe(true);
      expect(statSync(path.join(folder, name)).mtimeMs).toBe(Date.UTC(2026, 1, 3));
    }
  });

  it('takes no name that would be cut', () => {
    expect(() => tarEntry('x'.repeat(101), Buffer.alloc(0), 0)).toThrow('too long');
  });
});
