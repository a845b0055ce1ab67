import { receiveStripeWebhook } from '@waybill/contracts';
import { measured, routePath } from '@waybill/platform';
import type { FastifyInstance } from 'fastify';
import type { Payments } from './payments.controller.js';

/** Stripe's largest events are some hundred KiB. */
const bodyLimitBytes = 1_048_576;

/** A raw route: the signature is over the bytes as they came, so nothing may parse them first. */
export async function serveStripeWebhook(fastify: FastifyInstance, payments: Payments): Promise<void> {
  await fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimitBytes }, (_request, body, parsed) => parsed(null, body));
    scope.post(routePath(receiveStripeWebhook.path), { bodyLimit: bodyLimitBytes, config: { ...measured, operation: receiveStripeWebhook.id } }, async (request) => {
      const signature = request.headers['stripe-signature'];
      await payments.require().receiver.receive(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), typeof signature === 'string' ? signature : undefined);
      return { received: true };
    });
    done();
  });
}
