import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from './failure.js';

const profile = z.object({ url: z.string(), key: z.string(), controlUrl: z.string().optional(), namespace: z.string().optional() });
/** Where to call and with which key. */
export type Profile = z.output<typeof profile>;

const file = z.object({ current: z.string(), profiles: z.record(z.string(), profile) });
type ProfileFile = z.output<typeof file>;

/** The profiles of a person, in a file that nobody else may read: it has keys. */
export class Profiles {
  constructor(private readonly path: string) {}

  /** The one with this name, or the current one; undefined when there is no file. */
  find(name: string | undefined): Profile | undefined {
    const all = this.read();
    const found = all?.profiles[name ?? all.current];
    if (found === undefined && name !== undefined) throw new UsageError(`There is no profile "${name}": waybill login --profile ${name} makes it.`);
    return found;
  }

  all(): readonly { readonly name: string; readonly current: boolean; readonly profile: Profile }[] {
    const all = this.read();
    return Object.entries(all?.profiles ?? {}).map(([name, one]) => ({ name, current: name === all?.current, profile: one }));
  }

  /** Keeps it and makes it the current one. */
  save(name: string, saved: Profile): void {
    const all = this.read();
    this.write({ current: name, profiles: { ...all?.profiles, [name]: saved } });
  }

  /** True when there was one. */
  remove(name: string): boolean {
    const all = this.read();
    if (!all || !(name in all.profiles)) return false;
    const { [name]: _removed, ...profiles } = all.profiles;
    this.write({ current: all.current === name ? (Object.keys(profiles)[0] ?? '') : all.current, profiles });
    return true;
  }

  private read(): ProfileFile | undefined {
    if (!existsSync(this.path)) return undefined;
    if ((statSync(this.path).mode & 0o077) !== 0) throw new UsageError(`Others can read ${this.path}, and it has keys: run chmod 600 on it.`);
    try {
      return file.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch (cause) {
      throw new UsageError(`${this.path} is no file of profiles: correct it or delete it.`, { cause });
    }
  }

  private write(content: ProfileFile): void {
    mkdirSync(path.dirname(this.path), { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, this.path);
  }
}
