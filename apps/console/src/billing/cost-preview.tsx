import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AwaitQuery } from '../elements/await-query.js';
import { plural } from '../words/figures.js';
import { dateTime } from '../words/time.js';
import { InvoiceLines } from './invoice-lines.js';
import { previewQuery } from './queries.js';

/** The invoice of the running month as it would be now: asked for only when somebody wants to see it. */
export function CostPreview() {
  const [asked, setAsked] = useState(false);
  const preview = useQuery({ ...previewQuery, enabled: asked });
  return (
    <Stack gap="sm" component="section" aria-label="Invoice preview">
      <Title order={2}>Invoice preview</Title>
      {asked ? (
        <AwaitQuery query={preview} rows={6}>
          {(invoice) => (
            <>
              <Text size="sm" c="dimmed">
                As of {dateTime(invoice.asOf)}, before tax.{' '}
                {invoice.openHours === 0 ? 'Every hour in it is sealed.' : `${plural(invoice.openHours, 'hour')} in it can still change, because late counts are still accepted.`}
              </Text>
              <InvoiceLines invoice={invoice} />
            </>
          )}
        </AwaitQuery>
      ) : (
        <Paper p="md">
          <Stack gap="sm" align="flex-start">
            <Text size="sm">The invoice of this month as it would be if the month ended now, line by line, with the arithmetic of each.</Text>
            <Button variant="default" onClick={() => setAsked(true)}>Show preview</Button>
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}
