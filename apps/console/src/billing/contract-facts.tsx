import type { BillingView } from '@waybill/contracts';
import { FactList } from '../elements/fact-list.js';
import { utcDay } from '../words/time.js';
import { modelWords, planTitle } from './plan-words.js';

export function ContractFacts({ billing }: { billing: BillingView }) {
  return (
    <FactList
      title="Now"
      facts={[
        { label: 'Plan', value: `${billing.plan.title}, since ${utcDay(billing.since)}` },
        { label: 'How it is priced', value: modelWords(billing.plan) },
        { label: 'Next month', value: billing.next === null ? 'the same plan' : `${planTitle(billing.next.plan)}, from ${utcDay(billing.next.startsAt)}` },
        { label: 'Price book', value: `version ${billing.priceBookVersion}, in ${billing.currency}` },
        { label: 'Payment', value: billing.paymentTermsDays === 0 ? 'at once' : `within ${billing.paymentTermsDays} days` },
        { label: 'Invoices go to', value: billing.billingEmail ?? 'the owners' },
        ...(billing.purchaseOrder === null ? [] : [{ label: 'Purchase order', value: billing.purchaseOrder }]),
      ]}
    />
  );
}
