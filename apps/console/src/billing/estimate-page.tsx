import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { AwaitQuery } from '../elements/await-query.js';
import { BillingFrame } from './billing-frame.js';
import { Calculator } from './calculator.js';
import { plansQuery } from './queries.js';
import { WhatIf } from './what-if.js';

export function EstimatePage() {
  const plans = useQuery(plansQuery);
  return (
    <BillingFrame title="Estimate" description="What a month would cost: with figures of your own, or a past month on another plan.">
      <AwaitQuery query={plans} rows={6}>
        {({ items }) => (
          <Stack gap="xl">
            <Calculator plans={items} />
            <WhatIf plans={items} />
          </Stack>
        )}
      </AwaitQuery>
    </BillingFrame>
  );
}
