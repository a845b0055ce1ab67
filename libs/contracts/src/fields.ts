import { z } from 'zod';

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;
/** Bytes of UTF-8 in a routing key or a binding pattern; AMQP 0-9-1 short strings end there too. */
export const routingKeyLimitBytes = 255;

/** A name of an exchange, queue or key. Doors answer `name_invalid` when it does not fit. */
export const resourceName = z.string().regex(namePattern).meta({ description: '1-127 of letters, digits, ".", "_", "-"', example: 'orders' });
export const routingKey = z.string().max(routingKeyLimitBytes).meta({ description: 'At most 255 bytes of UTF-8.', example: 'order.created.eu' });
export const timestamp = z.iso.datetime().meta({ description: 'UTC, RFC 3339' });
/** Of CBOR. Its size is up to who takes it. */
export const byteString = z.instanceof(Uint8Array).meta({ description: 'A byte string', override: { type: 'string', format: 'binary' } });
export const emailAddress = z.email().max(254).transform((value) => value.toLowerCase());

export const namespaceParams = z.object({ namespace: z.string().meta({ description: 'Namespace id', example: 'ns_06f1v3' }) });
export const exchangeParams = namespaceParams.extend({ exchange: resourceName });
export const queueParams = namespaceParams.extend({ queue: resourceName });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  after: z.string().max(200).optional().meta({ description: '"next" of the previous page' }),
});

/** A page of a list; `next` is null on the last one. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** What usage is counted on. */
export const resourceKind = z.enum(['exchange', 'queue', 'subscription', 'namespace']);
export type ResourceKind = z.output<typeof resourceKind>;
