import type { ServerResponse } from 'node:http';
import { problemOf } from '@waybill/contracts';
import type { WaybillError } from '@waybill/kernel';
import type { StreamEnd, StreamOutlet } from './stream-session.js';

/** Bytes that may wait for a client before nothing more is leased to it. */
export const outletLimitBytes = 1024 * 1024;
/** A client that took nothing during so many beats, a minute, is gone. */
const idleBeats = 4;
/** After which a browser connects again, milliseconds. */
const reconnectMs = 1_000;

/** Server-sent events (HTML standard, §9.2). */
export class EventsOutlet implements StreamOutlet {
  #taken = 0;
  #stuckBeats = 0;

  constructor(private readonly response: ServerResponse) {}

  /** Sends the head. `headers`: what the door has set so far. */
  open(headers: Readonly<Record<string, number | string | string[] | undefined>>): void {
    this.response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies of the nginx family gather an answer otherwise.
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    this.response.write(`retry: ${reconnectMs}\n\n`);
  }

  get blocked(): boolean {
    return this.response.writableLength > outletLimitBytes;
  }

  message(id: string, json: string): void {
    this.response.write(`event: message\nid: ${id}\ndata: ${json}\n\n`);
  }

  paused(): void {
    this.response.write('event: paused\ndata: {}\n\n');
  }

  problem(error: WaybillError): void {
    this.response.write(`event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`);
  }

  beat(): boolean {
    const taken = this.response.socket?.bytesWritten ?? 0;
    this.#stuckBeats = this.response.writableLength > 0 && taken === this.#taken ? this.#stuckBeats + 1 : 0;
    this.#taken = taken;
    if (this.#stuckBeats >= idleBeats) return false;
    this.response.write(': here\n\n');
    return true;
  }

  end(why: StreamEnd): void {
    if (why === 'left') {
      this.response.destroy();
      return;
    }
    this.response.end(why === 'drained' ? ': the gateway restarts, connect again\n\n' : '');
  }
}
