import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'ioredis';
import type { Redis } from 'ioredis';
import { makeInputRoom } from './input-room.store.js';
import { storeErrorOf } from './store-error.js';

const folder = new URL('./lua/', import.meta.url);

function sourceOf(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8').replace(/^--@include (\S+)\n/gm, (_line, part: string) => sourceOf(part));
}

export type ScriptArgument = string | number | Buffer;

/**
 * A command with binary arguments, written into one buffer. The client would join three small buffers per argument, which
 * for a call of many records costs more than their copy.
 */
class BinaryCommand extends Command {
  override toWritable(): Buffer {
    const args = [this.name, ...(this.args as (string | Buffer)[])];
    const head = `*${args.length}\r\n`;
    const lengths = args.map((arg) => (typeof arg === 'string' ? Buffer.byteLength(arg) : arg.length));
    let bytes = head.length;
    for (const length of lengths) bytes += 5 + String(length).length + length;
    const out = Buffer.allocUnsafe(bytes);
    let at = out.write(head, 0, 'latin1');
    for (const [i, arg] of args.entries()) {
      at += out.write(`$${lengths[i]}\r\n`, at, 'latin1');
      at += typeof arg === 'string' ? out.write(arg, at) : arg.copy(out, at);
      out[at] = 0x0d;
      out[at + 1] = 0x0a;
      at += 2;
    }
    return out;
  }
}

const sentOn = new WeakMap<Redis, Set<string>>();

/**
 * Scripts whose source went over a connection: the first call of each sends it, so that calls sent one after the other
 * are carried out in that order. A server that was restarted has forgotten them.
 */
function scriptsSent(redis: Redis): Set<string> {
  let sent = sentOn.get(redis);
  if (!sent) {
    const fresh = new Set<string>();
    sentOn.set(redis, (sent = fresh));
    redis.on('ready', () => fresh.clear());
  }
  return sent;
}

/** A Lua script of `redis/lua/`, with its `--@include` parts, sent by its hash. */
export class Script {
  readonly #source: string;
  readonly #sha: string;

  constructor(name: string) {
    this.#source = sourceOf(`${name}.lua`);
    this.#sha = createHash('sha1').update(this.#source).digest('hex');
  }

  /**
   * Runs the script; strings come back as Buffers, integers as numbers. Fails with `store_unavailable`,
   * `outcome_unknown` or `store_full`. A server that lost its script cache is given the source once more:
   * NOSCRIPT means that nothing ran.
   */
  async run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown[]> {
    const sent = scriptsSent(redis);
    if (sent.has(this.#sha)) {
      try {
        return await this.#send(redis, 'evalsha', this.#sha, keys, args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw storeErrorOf(error);
      }
    }
    sent.add(this.#sha);
    try {
      return await this.#send(redis, 'eval', this.#source, keys, args);
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  #send(redis: Redis, name: 'eval' | 'evalsha', script: string, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown[]> {
    const Form = args.some((arg) => typeof arg === 'object') ? BinaryCommand : Command;
    makeInputRoom(redis, bytesOf(args));
    const command = new Form(name, [script, keys.length, ...keys, ...args], { replyEncoding: null });
    return redis.sendCommand(command) as Promise<unknown[]>;
  }
}

function bytesOf(args: readonly ScriptArgument[]): number {
  let bytes = 0;
  for (const arg of args) bytes += typeof arg === 'number' ? 8 : arg.length;
  return bytes;
}

export const text = (value: unknown): string => (value as Buffer).toString('latin1');
