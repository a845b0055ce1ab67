import { bodyOf, looping } from './transport.js';
import type { Cargo, Consumption, Transport } from './transport.js';
import { command, RespConnection } from './resp-connection.js';

export interface RawRedisSettings extends Cargo {
  readonly kind: 'raw-redis';
  readonly url: string;
  /** Lists that each message is written to. */
  readonly copies: number;
}

/** One script for a call: every message of it to every list. What a broker on Redis cannot be faster than. */
const script = 'for i = 1, #ARGV do for j = 1, #KEYS do redis.call("RPUSH", KEYS[j], ARGV[i]) end end return #ARGV';
const sockets = 4;
const waitSeconds = 1;
const list = (i: number) => `raw:${i}`;

/** Redis lists without a broker: no leases, no limits, no counting. The lanes share a few pipelined connections. */
export async function openRawRedis(settings: RawRedisSettings): Promise<Transport> {
  const { batch, consumers, take, copies } = settings;
  const connections = await Promise.all(Array.from({ length: sockets }, () => RespConnection.open(settings.url)));
  const on = (lane: number) => connections[lane % sockets] as RespConnection;
  const sha = (await on(0).send(command('SCRIPT', 'LOAD', script))) as string;
  const lists = Array.from({ length: copies }, (_, i) => list(i));
  const call = (bodies: readonly string[]) => command('EVALSHA', sha, copies, ...lists, ...bodies);
  const request = call(Array.from({ length: batch }, () => bodyOf(settings)));
  const pop = command('BLMPOP', waitSeconds, 1, list(0), 'LEFT', 'COUNT', take);

  return {
    async publish(lane) {
      const stored = await on(lane).send(request);
      if (stored !== batch) throw new Error(`the script answered ${String(stored)}`);
      return batch;
    },
    async send(body) {
      await on(0).send(call([body]));
    },
    async consume(sink): Promise<Consumption> {
      const popping = await Promise.all(Array.from({ length: consumers }, () => RespConnection.open(settings.url)));
      const consumer = (connection: RespConnection) => async (going: () => boolean) => {
        while (going()) {
          const popped = await connection.send(pop);
          if (typeof popped === 'object' && popped.values > 1) sink.settled(popped.values - 1); // the first is the list's name
        }
      };
      const consumption = looping(popping.map(consumer), sink);
      return {
        async stop() {
          await consumption.stop();
          for (const connection of popping) connection.close();
        },
      };
    },
    async empty() {
      await on(0).send(command('DEL', ...lists));
    },
    async close() {
      for (const connection of connections) connection.close();
    },
  };
}
