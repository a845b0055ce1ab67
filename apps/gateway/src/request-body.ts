import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { batchContentType, cborBatchContentType, cloudEventBatchContentType, cloudEventContentType, ndjsonContentType } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Read whole, whatever is in it. */
type WholeKind = 'batch' | 'cbor-batch' | 'event' | 'event-batch';

/** A body whose content type gives it a meaning of its own. Every other body is a plain Buffer. */
export type MarkedBody =
  | { readonly kind: WholeKind; readonly bytes: Buffer }
  /** Too long, or cut off; whoever sent it is told after it is known who that is. */
  | { readonly kind: 'refused'; readonly error: WaybillError }
  /** Not read yet. */
  | { readonly kind: 'lines'; readonly stream: IncomingMessage }
  /** Above the inline limit, hardly read yet; `bytes` when the client said how many. */
  | { readonly kind: 'large'; readonly read: readonly Buffer[]; readonly stream: IncomingMessage; readonly bytes: number | undefined };

export interface BodyLimits {
  /** Of a message that lies in the message store. */
  readonly inlineBytes: number;
  /** Of a batch with its many messages. */
  readonly batchBytes: number;
}

type Done = (error: null, body: unknown) => void;
type Collected = Buffer | Extract<MarkedBody, { kind: 'large' | 'refused' }>;

/**
 * Reads bodies by content type. A plain one stays a Buffer; one that turns out longer than the inline limit is handed on
 * as a stream before it is read, because whoever sends it is not known yet.
 */
export function parseBodies(scope: FastifyInstance, { inlineBytes, batchBytes }: BodyLimits): void {
  const whole = (kind: WholeKind, limitBytes: number) => (request: FastifyRequest, _payload: unknown, done: Done) =>
    collect(request.raw, limitBytes, (_error, body) => {
      if (Buffer.isBuffer(body)) done(null, { kind, bytes: body } satisfies MarkedBody);
      else if (body.kind === 'large') done(null, { kind: 'refused', error: new WaybillError('request_body_too_large', { limitBytes }) } satisfies MarkedBody);
      else done(null, body);
    });
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(batchContentType, whole('batch', batchBytes));
  scope.addContentTypeParser(cborBatchContentType, whole('cbor-batch', batchBytes));
  scope.addContentTypeParser(cloudEventContentType, whole('event', inlineBytes));
  scope.addContentTypeParser(cloudEventBatchContentType, whole('event-batch', batchBytes));
  scope.addContentTypeParser(ndjsonContentType, (request: FastifyRequest, _payload: unknown, done: Done) => done(null, { kind: 'lines', stream: request.raw } satisfies MarkedBody));
  scope.addContentTypeParser('*', (request: FastifyRequest, _payload: unknown, done: Done) => collect(request.raw, inlineBytes, done));
}

/** Collects up to the limit: a Buffer, or from there on the rest as a stream. */
function collect(stream: IncomingMessage, limitBytes: number, done: (error: null, body: Collected) => void): void {
  const length = stream.headers['content-length'];
  const announced = length === undefined ? undefined : Number(length);
  if (announced !== undefined && announced > limitBytes) {
    done(null, { kind: 'large', read: [], stream, bytes: announced });
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  const leave = (): void => {
    stream.off('data', onData).off('end', onEnd).off('error', onError);
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= limitBytes) return;
    leave();
    stream.pause();
    done(null, { kind: 'large', read: chunks, stream, bytes: undefined });
  };
  const onEnd = (): void => {
    done(null, chunks.length === 1 ? chunks[0] as Buffer : Buffer.concat(chunks, bytes));
  };
  const onError = (error: Error): void => {
    leave();
    done(null, { kind: 'refused', error: new WaybillError('request_invalid', {}, { issues: [{ path: 'body', message: 'ended before its end' }], cause: error }) });
  };
  stream.on('data', onData).on('end', onEnd).on('error', onError);
}

/** Everything of a large body, from its first byte. Fails with `request_body_too_large` as soon as it is over the limit. */
export async function* bytesOf({ read, stream }: { readonly read: readonly Buffer[]; readonly stream: Readable }, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const counted = (chunk: Buffer): Buffer => {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new WaybillError('request_body_too_large', { limitBytes });
    return chunk;
  };
  for (const chunk of read) yield counted(chunk);
  // Whoever sent too much must still get the answer: the connection stays.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) yield counted(chunk);
}
