import { cborContentType } from '@waybill/contracts';
import type { CborValue } from '@waybill/platform';
import { decodeCbor } from '@waybill/platform';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { asksForCbor } from './accepted-format.js';

/** Lets the calls of this scope be sent as CBOR. Nothing they take is bytes. */
export function takeCbor(scope: FastifyInstance): void {
  scope.addContentTypeParser(cborContentType, { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    let value: CborValue;
    try {
      value = decodeCbor(body, { byteStrings: 'refused' });
    } catch (error) {
      return done(error as Error);
    }
    return done(null, value);
  });
}

/** Whether CBOR is asked for; the answer then says that it is. */
export function answersCbor(reply: FastifyReply): boolean {
  const asked = asksForCbor(reply.request.headers.accept);
  if (asked) reply.header('content-type', cborContentType);
  return asked;
}
