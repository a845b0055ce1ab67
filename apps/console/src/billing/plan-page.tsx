import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { AwaitQuery } from '../elements/await-query.js';
import { BillingFrame } from './billing-frame.js';
import { CardPayment } from './card-payment.js';
import { CapCard } from './cap-card.js';
import { ContractFacts } from './contract-facts.js';
import { CreditsCard } from './credits-card.js';
import { PlanTable } from './plan-table.js';
import { billingQuery, capQuery, creditsQuery, plansQuery } from './queries.js';

export function PlanPage() {
  const billing = useQuery(billingQuery);
  const plans = useQuery(plansQuery);
  const cap = useQuery(capQuery);
  const credits = useQuery(creditsQuery);
  return (
    <BillingFrame title="Plan and limits" description="What you pay by, and how far it may go. A change of plan begins with the next month.">
      <Stack gap="xl">
        <AwaitQuery query={billing} rows={2}>
          {(contract) => (
            <>
              <ContractFacts billing={contract} />
              {contract.card === null ? null : <CardPayment card={contract.card} isOverdue={contract.dunning !== null} />}
              <AwaitQuery query={plans} rows={4}>{({ items }) => <PlanTable billing={contract} plans={items} />}</AwaitQuery>
            </>
          )}
        </AwaitQuery>
        <AwaitQuery query={cap} rows={2}>{(state) => <CapCard key={JSON.stringify(state.cap)} state={state} />}</AwaitQuery>
        <AwaitQuery query={credits} rows={2}>{(state) => <CreditsCard state={state} />}</AwaitQuery>
      </Stack>
    </BillingFrame>
  );
}
