import { clientFrame, problemOf } from '@waybill/contracts';
import type { ClientFrame, ServerFrame } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { RawData, WebSocket } from 'ws';
import type { SettleRequest, SettleResult } from './settle-input.js';
import { outletLimitBytes } from './stream-events.js';
import type { StreamEnd, StreamOutlet, StreamSession } from './stream-session.js';

/** RFC 6455 §7.4.1 and the IANA registry of close codes. */
const closeCodes: Readonly<Record<StreamEnd, { code: number; reason: string }>> = {
  left: { code: 1001, reason: 'no sign of life' },
  drained: { code: 1012, reason: 'the gateway restarts, connect again' },
  refused: { code: 1008, reason: 'the credentials are no longer valid' },
  failed: { code: 1011, reason: 'the stream ended, see the problem' },
};
const unsupportedData = 1003;
/** How long a client may take to answer a close; then the connection is cut. */
const closeLimitMs = 2_000;
/** Settle frames under way; while there are more, nothing is read from the socket. */
const framesAtOnce = 64;

/** A stream on a WebSocket: messages and answers out. */
export class SocketOutlet implements StreamOutlet {
  #answered = true;

  /** `onRoom` is called when the client has read what waited for it. */
  constructor(
    private readonly socket: WebSocket,
    private readonly onRoom: () => void,
  ) {
    socket.on('pong', () => {
      this.#answered = true;
    });
  }

  get blocked(): boolean {
    return this.socket.bufferedAmount > outletLimitBytes;
  }

  message(_id: string, json: string): void {
    this.#write(`{"type":"message","message":${json}}`);
  }

  paused(): void {
    this.send({ type: 'paused' });
  }

  problem(error: WaybillError, id?: string): void {
    this.send({ type: 'problem', ...(id === undefined ? {} : { id }), problem: problemOf(error) });
  }

  send(frame: Exclude<ServerFrame, { type: 'message' }>): void {
    this.#write(JSON.stringify(frame));
  }

  beat(): boolean {
    if (!this.#answered) return false;
    this.#answered = false;
    this.socket.ping();
    return true;
  }

  end(why: StreamEnd): void {
    if (this.socket.readyState === this.socket.CLOSED) return;
    const { code, reason } = closeCodes[why];
    this.socket.close(code, reason);
    const cut = setTimeout(() => this.socket.terminate(), closeLimitMs);
    this.socket.once('close', () => clearTimeout(cut));
  }

  #write(text: string): void {
    // A frame that meets a closed socket is lost with the stream; its lease is released.
    this.socket.send(text, () => {
      if (!this.blocked) this.onRoom();
    });
  }
}

export interface FrameWork {
  readonly session: StreamSession;
  readonly outlet: SocketOutlet;
  readonly settle: (request: SettleRequest) => Promise<SettleResult[]>;
  /** Turns an error that is not ours into one that is. */
  readonly known: (error: unknown) => WaybillError;
}

/** Reads the client's frames: credit, settlements, pings. One that is not understood is answered with a problem and changes nothing. */
export function takeFrames(socket: WebSocket, { session, outlet, settle, known }: FrameWork): void {
  let underWay = 0;
  const settled = async ({ action: _action, id, ...request }: Extract<ClientFrame, { action: 'settle' }>): Promise<void> => {
    underWay += 1;
    if (underWay >= framesAtOnce) socket.pause();
    try {
      outlet.send({ type: 'settled', id, results: await settle(request) });
    } catch (error) {
      outlet.problem(known(error), id);
    }
    underWay -= 1;
    if (underWay < framesAtOnce && socket.isPaused) socket.resume();
  };
  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) {
      socket.close(unsupportedData, 'send text frames');
      return;
    }
    const frame = frameOf(data);
    if (frame instanceof WaybillError) return outlet.problem(frame);
    if (frame.action === 'credit') return session.setCredit(frame.credit);
    if (frame.action === 'ping') return outlet.send({ type: 'pong' });
    void settled(frame);
  });
  socket.on('close', () => session.end('left'));
  // Malformed or over-long frames: the library closes with 1002, 1007 or 1009; `close` follows.
  socket.on('error', () => undefined);
}

function frameOf(data: RawData): ClientFrame | WaybillError {
  let value: unknown;
  try {
    value = JSON.parse((data as Buffer).toString('utf8'));
  } catch {
    return new WaybillError('stream_protocol_error', { reason: 'it is not JSON' });
  }
  const parsed = clientFrame.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  return new WaybillError('stream_protocol_error', { reason: [path, issue?.message].filter(Boolean).join(': ') });
}
