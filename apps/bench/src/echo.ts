import Fastify from 'fastify';

/** The yardstick: a bare Fastify handler that reads the same body and answers 201. A process of its own. */
const fastify = Fastify();
fastify.removeAllContentTypeParsers();
fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
fastify.post('/v1/exchanges/:exchange/messages', (request, reply) => {
  reply.code(201).send({ bytes: (request.body as Buffer).length });
});
process.send?.(await fastify.listen({ host: '127.0.0.1', port: 0 }));
