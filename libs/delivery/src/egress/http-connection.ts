import type { Socket } from 'node:net';
import { errors } from 'undici';
import type { buildConnector } from 'undici';
import { AnswerReader } from './answer-reader.js';
import type { AnswerSink } from './answer-reader.js';

/** A call that connections carry. */
export interface Carried extends AnswerSink {
  /** Head and body, as they are written. */
  readonly bytes: Buffer;
  /** It ended while it waited: nothing of it may be sent. */
  readonly over: boolean;
  /** What carries it. */
  connection: HttpConnection | undefined;
  onEnd(): void;
  onError(error: Error): void;
}

/** What a connection tells those who keep it. */
export interface Keeper {
  /** Its call has ended, and it may carry the next. */
  free(connection: HttpConnection): void;
  /** It ended; `unsent`: a call that it took and sent nothing of. */
  gone(connection: HttpConnection, unsent: Carried | undefined): void;
}

const connectionOf = new WeakMap<Socket, HttpConnection>();

/**
 * For the sockets of connections: what comes is read where it lies, by one after the other. Else Node would take 64 KiB for each
 * answer, give back what is left of them, and have it collected.
 */
export const readingInPlace = {
  buffer: Buffer.alloc(65_536),
  callback(this: unknown, bytes: number, buffer: Uint8Array): boolean {
    connectionOf.get(this as Socket)?.took(buffer.subarray(0, bytes) as Buffer);
    return true;
  },
};

/** For one that was connected for a call that was given up meanwhile. */
const unusedMs = 10_000;

/** One connection, which carries one call at a time. */
export class HttpConnection {
  /** When it was connected, and until when it may be used while it is free, ms by the process's clock. */
  sinceMs = Date.now();
  keptUntilMs = 0;
  readonly #reader = new AnswerReader();
  readonly #closed = Promise.withResolvers<void>();
  #connecting = false;
  #socket: Socket | undefined;
  #call: Carried | undefined;
  #sent = false;
  #gone = false;

  constructor(
    private readonly keeper: Keeper,
    private readonly connect: buildConnector.connector,
    private readonly target: buildConnector.Options,
  ) {}

  /** The next call is for it; `send` follows. */
  take(call: Carried): void {
    call.connection = this;
    this.#call = call;
    this.#sent = false;
  }

  /** Sends the call that it took, when it is connected. Nothing when that was given up meanwhile. */
  send(): void {
    if (this.#gone) return;
    if (this.#socket !== undefined) this.#write(this.#socket);
    else if (!this.#connecting) {
      this.#connecting = true;
      this.connect(this.target, (error, socket) => (error === null ? this.#connected(socket) : this.#end(error)));
    }
  }

  /** Its call was given up: what may still come is for no other. */
  drop(): void {
    this.#call = undefined;
    // Connecting goes on: connections of calls that were given up would be more than there may be.
    if (this.#socket === undefined) return;
    if (this.#sent) this.#end(new errors.InformationalError('dropped'));
    else this.keeper.free(this);
  }

  /** Resolves when it is closed. */
  close(error: Error = new errors.ClientDestroyedError()): Promise<void> {
    this.#end(error);
    return this.#closed.promise;
  }

  /** Bytes came. */
  took(bytes: Buffer): void {
    const call = this.#call;
    if (this.#gone) return;
    if (call === undefined || !this.#sent) {
      this.#end(new errors.SocketError('bytes came that nobody asked for'));
      return;
    }
    try {
      if (this.#reader.read(bytes, call)) this.#answered(call);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #connected(socket: Socket): void {
    if (this.#gone || socket.destroyed) {
      socket.destroy();
      this.#end(socket.errored ?? new errors.SocketError('destroyed'));
      return;
    }
    this.#socket = socket;
    this.sinceMs = Date.now();
    this.keptUntilMs = this.sinceMs + unusedMs;
    connectionOf.set(socket, this);
    socket.on('error', (error) => this.#end(error)).on('end', () => this.#ended()).on('close', () => {
      this.#ended();
      this.#closed.resolve();
    });
    if (this.#call === undefined) this.keeper.free(this);
    else this.#write(socket);
  }

  #write(socket: Socket): void {
    if (this.#call === undefined || this.#sent) return;
    this.#sent = true;
    socket.write(this.#call.bytes);
  }

  #answered(call: Carried): void {
    // The call may have been cut by what it was told last.
    if (this.#call !== call) return;
    this.#call = undefined;
    call.connection = undefined;
    const { keptMs } = this.#reader;
    // An answer before the whole call was sent: what is left of it would be taken for the next one.
    if (keptMs === 0 || this.#socket?.writableLength !== 0) this.#end(new errors.InformationalError('reset'));
    else {
      this.keptUntilMs = Date.now() + keptMs;
      this.keeper.free(this);
    }
    call.onEnd();
  }

  #ended(): void {
    const call = this.#call;
    if (!this.#gone && call !== undefined && this.#sent && this.#reader.end()) this.#answered(call);
    this.#end(new errors.SocketError('other side closed'));
  }

  #end(error: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    const call = this.#call;
    this.#call = undefined;
    if (this.#socket === undefined) this.#closed.resolve();
    else this.#socket.destroy();
    const unsent = this.#socket !== undefined && !this.#sent ? call : undefined;
    if (call !== undefined) call.connection = undefined;
    this.keeper.gone(this, unsent);
    if (unsent === undefined) call?.onError(error);
  }
}
