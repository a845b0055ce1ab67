import { drain, endToEnd, fill, publish } from './loops.js';
import { latency } from './open-loop.js';
import { openTransport } from './peers/open.js';
import type { Settings } from './peers/open.js';
import type { Transport } from './peers/transport.js';
import type { Measured } from './rounds.js';

/** What a client process is asked to do. */
export type Task =
  | { readonly do: 'publish'; readonly seconds: number }
  | { readonly do: 'fill'; readonly messages: number }
  | { readonly do: 'drain'; readonly messages: number; readonly seconds: number }
  | { readonly do: 'endToEnd'; readonly seconds: number; readonly slack: number; readonly arrivesEmpty: boolean }
  | { readonly do: 'empty' }
  | { readonly do: 'latency'; readonly seconds: number; readonly perSecond: number };

export type Answer = { readonly measured: Measured } | { readonly error: string } | { readonly ready: true };

const settings = JSON.parse(process.argv[2] ?? '') as Settings;

function carryOut(transport: Transport, task: Task): Promise<Measured> {
  const { lanes, batch, bodyBytes } = settings;
  switch (task.do) {
    case 'publish':
      return publish(transport, lanes, task.seconds);
    case 'fill':
      return fill(transport, lanes, batch, task.messages);
    case 'drain':
      return drain(transport, task.messages, task.seconds);
    case 'endToEnd':
      return endToEnd(transport, { lanes, batch, ...task });
    case 'empty':
      return transport.empty().then(() => ({ perSecond: Number.NaN }));
    case 'latency':
      return latency(transport, bodyBytes, task.perSecond, task.seconds);
  }
}

const answer = (message: Answer) => void process.send?.(message);
const told = (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });

try {
  const transport = await openTransport(settings);
  process.on('message', (task: Task) => void carryOut(transport, task).then((measured) => answer({ measured }), (error) => answer(told(error))));
  process.once('disconnect', () => void transport.close().finally(() => process.exit()));
  answer({ ready: true });
} catch (error) {
  answer(told(error));
  process.disconnect?.();
}
