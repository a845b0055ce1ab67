import type { FastifyInstance } from 'fastify';

/**
 * Lets the console's pages, and no other site's, call the gateway with their token (Fetch standard, §3.2 CORS).
 * Written here because the plugin answers with these headers on every request; messages that do not come from a
 * browser, which is nearly all of them, should not pay for it.
 */
export function allowConsole(fastify: FastifyInstance, origin: string): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.headers.origin === undefined) return done();
    reply.header('vary', 'Origin');
    if (request.headers.origin !== origin) return done();
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'x-request-id, retry-after');
    done();
  });

  fastify.options('/v1/*', (request, reply) => {
    if (request.headers.origin === origin) {
      reply
        .header('access-control-allow-methods', 'GET, POST')
        .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '')
        .header('access-control-max-age', '600');
    }
    return reply.code(204).send();
  });
}
