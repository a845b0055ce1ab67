import type { CountedLedgerRow, SealedHour } from '@waybill/billing';
import type { exportInvoice, Reply } from '@waybill/contracts';
import { iso } from './invoice-reply.js';

type Export = Reply<typeof exportInvoice>;

export function digestView({ namespaceId, hourMs, sha256, secondCount }: SealedHour): Export['digests'][number] {
  const { messages, units } = secondCount ?? { messages: null, units: new Map<string, bigint>() };
  return {
    namespaceId, hour: iso(hourMs), sha256,
    secondCount: secondCount && {
      messages: messages && { count: String(messages.messages), bytes: String(messages.bytes), sha256: messages.sha256, whole: messages.whole },
      units: Object.fromEntries([...units].map(([dimension, amount]) => [dimension, String(amount)])),
    },
  };
}

export function exportRowView({ hourMs, namespaceId, dimension, cause, resourceId, quantity, late, counted }: CountedLedgerRow): Export['rows'][number] {
  return {
    hour: iso(hourMs), namespaceId, dimension, cause, resourceId, quantity: quantity === null ? null : String(quantity),
    ...(late === 0n ? {} : { late: String(late) }), ...(counted === null ? {} : { counted: String(counted) }),
  };
}
