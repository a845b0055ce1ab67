import type { NamespaceId } from '@waybill/kernel';
import { WaybillError } from '@waybill/kernel';

const resourceName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;
const namespaceId = /^ns_[0-9a-z]{1,40}$/;
const bindingId = /^b_[0-9a-z]{16}$/;

/** Fails with `name_invalid`. */
export function requireName(name: string): void {
  if (!resourceName.test(name)) throw new WaybillError('name_invalid');
}

/** Reserved: a reply is published to a queue name of this kind, and reaches the caller that waits for it. */
const replyAddress = 'reply.';

/** A name for a new queue. Fails with `name_invalid`. */
export function requireQueueName(name: string): void {
  requireName(name);
  if (name.startsWith(replyAddress)) throw new WaybillError('name_invalid', {}, { issues: [{ path: 'path.queue', message: 'names that start with "reply." are reserved for the addresses of replies' }] });
}

/** Whether the text can be an id at all; what cannot is answered like an unknown id and reaches no store. */
export const canBeNamespace = (text: string): text is NamespaceId => namespaceId.test(text);
export const canBeBinding = (text: string): boolean => bindingId.test(text);
