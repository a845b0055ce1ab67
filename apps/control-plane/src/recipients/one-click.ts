import { unsubscribeByMailProgram } from '@waybill/contracts';
import type { RecipientAnswers } from '@waybill/delivery';
import { measured, routePath } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';

/** Mail programs send `List-Unsubscribe=One-Click`. */
const bodyLimitBytes = 4_096;

/** A raw route: RFC 8058 has mail programs POST a form, from no page of ours and without a cookie, to the address that shows people a page. */
export async function serveOneClick(fastify: FastifyInstance, answers: RecipientAnswers): Promise<void> {
  await fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimitBytes }, (_request, _body, parsed) => parsed(null, undefined));
    scope.post<{ Params: { token: string } }>(routePath(unsubscribeByMailProgram.path), { bodyLimit: bodyLimitBytes, config: { ...measured, operation: unsubscribeByMailProgram.id } }, async (request, reply) => {
      await answers.unsubscribe(request.params.token);
      return reply.code(204).send();
    });
    done();
  });
}
