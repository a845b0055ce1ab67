import type { InvoiceView } from '@waybill/contracts';
import { FactList } from '../elements/fact-list.js';

type Party = NonNullable<InvoiceView['billedTo']>;

function addressText({ line1, line2, postalCode, city, state, country }: NonNullable<Party['address']>): string {
  const place = [postalCode, city].filter((part) => part !== null && part !== '').join(' ');
  return [line1, line2, place, state, country].filter((part) => part !== null && part !== '').join(', ');
}

/** Whom Stripe made the invoice out to; nothing where it was made without. */
export function BilledTo({ invoice: { billedTo, taxes } }: { invoice: Pick<InvoiceView, 'billedTo' | 'taxes'> }) {
  if (billedTo === null) return null;
  const reversed = taxes.some(({ reason }) => reason === 'reverse_charge');
  return (
    <FactList
      title="Billed to"
      {...(reversed ? { note: 'Reverse charge: the customer owes the tax.' } : {})}
      facts={[
        { label: 'Name', value: billedTo.name ?? 'not given' },
        { label: 'Address', value: billedTo.address === null ? 'not given' : addressText(billedTo.address) },
        { label: 'Tax ids', value: billedTo.taxIds.map(({ value }) => value).join(', ') || 'none' },
      ]}
    />
  );
}
