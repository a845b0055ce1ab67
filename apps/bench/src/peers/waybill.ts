import { HttpConnection, prepare } from '../http-connection.js';
import { bodyOf, looping } from './transport.js';
import type { Cargo, Consumption, Sink, Transport } from './transport.js';
import { cborWire, jsonWire } from './wire.js';

export interface WaybillSettings extends Cargo {
  readonly kind: 'waybill';
  readonly gatewayUrls: readonly string[];
  readonly apiKey: string;
  /** `queues/<name>` or `exchanges/<name>`. */
  readonly target: string;
  readonly queue: string;
  /** What `empty` purges, where messages go to other queues too. */
  readonly queues?: readonly string[];
  /** Messages as CBOR, and receipts that go with the next receive, instead of JSON and a settle call. */
  readonly compact?: boolean;
}

const waitSeconds = 1;

/** Waybill over its HTTP API; lanes and consumers are spread over the gateways. */
export async function openWaybill(settings: WaybillSettings): Promise<Transport> {
  const { batch, lanes, consumers, take } = settings;
  const addresses = settings.gatewayUrls.map((url) => new URL(url).host);
  const address = (i: number) => addresses[i % addresses.length] as string;
  const authorization = { authorization: `Bearer ${settings.apiKey}` };
  const open: HttpConnection[] = [];
  const connections = async (count: number) => {
    const opened = await Promise.all(Array.from({ length: count }, (_, i) => HttpConnection.open(address(i))));
    open.push(...opened);
    return opened;
  };
  const path = `/v1/${settings.target}/messages`;
  const single = (body: string) => prepare(address(0), path, { ...authorization, 'content-type': 'text/plain' }, body);
  const wire = settings.compact === true ? cborWire : jsonWire;
  const body = bodyOf(settings);
  const request = batch === 1 ? single(body) : prepare(address(0), path, { ...authorization, 'content-type': wire.batchType }, wire.batch(body, batch));

  const publishers = await connections(lanes);
  /** For `send`, which has no lanes. */
  const idle: HttpConnection[] = [];
  const fresh = async (old: HttpConnection | undefined, i: number) => {
    old?.close();
    const connection = await HttpConnection.open(address(i));
    open.push(connection);
    return connection;
  };
  const json = { ...authorization, 'content-type': 'application/json' };
  const receive = (accept: readonly string[], seconds: number) => {
    const done = accept.length === 0 ? '' : `,"accept":["${accept.join('","')}"]`;
    return prepare(address(0), `/v1/queues/${settings.queue}/receive`, { ...json, ...wire.answers }, `{"max":${take},"waitSeconds":${seconds}${done}}`);
  };
  const firstReceive = receive([], waitSeconds);
  const tell = (sink: Sink, text: string) => sink.received?.(wire.bodiesIn(text));

  /** Takes the next messages while the last ones are being settled, on a second connection. */
  const twoCalls = (receiving: HttpConnection, settling: HttpConnection, sink: Sink) => async (going: () => boolean) => {
    let settlement = Promise.resolve();
    while (going()) {
      const text = await receiving.send(firstReceive, 200);
      const receipts = wire.receiptsIn(text);
      if (receipts.length === 0) continue;
      tell(sink, text);
      await settlement;
      settlement = settle(settling, receipts).then(sink.settled);
      settlement.catch(() => undefined); // seen where it is awaited
    }
    await settlement;
  };
  /** Accepts the last messages with the call that takes the next. */
  const oneCall = (connection: HttpConnection, sink: Sink) => async (going: () => boolean) => {
    let done: readonly string[] = [];
    while (going() || done.length > 0) {
      const text = await connection.send(done.length === 0 ? firstReceive : receive(done, going() ? waitSeconds : 0), 200);
      const accepted = done.length === 0 ? 0 : wire.acceptedIn(text);
      if (accepted !== done.length) throw new Error(`${accepted} of ${done.length} receipts were accepted: ${text.slice(0, 500)}`);
      if (accepted > 0) sink.settled(accepted);
      done = wire.receiptsIn(text);
      if (done.length > 0) tell(sink, text);
    }
  };
  const settle = async (connection: HttpConnection, receipts: readonly string[]) => {
    const text = await connection.send(prepare(address(0), `/v1/queues/${settings.queue}/settle`, json, `{"accept":["${receipts.join('","')}"]}`), 200);
    if (occurrences(text, '"outcome":"accepted"') !== receipts.length) throw new Error(`not every receipt was accepted: ${text.slice(0, 500)}`);
    return receipts.length;
  };

  return {
    async publish(lane) {
      if (publishers[lane]?.stale) publishers[lane] = await fresh(publishers[lane], lane);
      await (publishers[lane] as HttpConnection).send(request, 201);
      return batch;
    },
    async send(text) {
      let connection = idle.pop();
      if (connection === undefined || connection.stale) connection = await fresh(connection, 0);
      await connection.send(single(text), 201);
      idle.push(connection);
    },
    async consume(sink): Promise<Consumption> {
      const receiving = await connections(consumers);
      const settling = settings.compact === true ? [] : await connections(consumers);
      const consumption = looping(receiving.map((connection, i) => (settings.compact === true ? oneCall(connection, sink) : twoCalls(connection, settling[i] as HttpConnection, sink))), sink);
      return {
        async stop() {
          await consumption.stop();
          for (const connection of [...receiving, ...settling]) connection.close();
        },
      };
    },
    async empty() {
      const [connection] = await connections(1);
      for (const queue of settings.queues ?? [settings.queue]) {
        await connection?.send(prepare(address(0), `/v1/queues/${queue}/purge`, json, '{}'), 200);
      }
      connection?.close();
    },
    async close() {
      for (const connection of open) connection.close();
    },
  };
}

export function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
