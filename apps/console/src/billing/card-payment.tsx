import { Alert, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { beginCheckout, openBillingPortal, type BillingView } from '@waybill/contracts';
import { useSearch } from '@tanstack/react-router';
import { IconCreditCard, IconExternalLink } from '@tabler/icons-react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { billingQuery } from './queries.js';

type Card = NonNullable<BillingView['card']>;

const words: Readonly<Record<Card, string>> = {
  none: 'No card was given yet. Give one, and each month is paid by it when it is over. Nothing is charged before.',
  active: 'Each month is paid by your card when it is over.',
  past_due: 'The last payment did not go through. Change the card, or pay the open invoice there; it is tried again by itself.',
  canceled: 'The card is not charged any more. Give one again to pay by card.',
  deleted: 'The payment provider does not know this organisation any more. Write to us.',
};

/** The card is given and changed on pages of the payment provider: its number never comes here. */
export function CardPayment({ card, isOverdue }: { card: Card; isOverdue: boolean }) {
  const { checkout } = useSearch({ strict: false });
  const canGive = card === 'none' || card === 'canceled';
  const settingUp = checkout === 'done' && canGive;
  useQuery({ ...billingQuery, refetchInterval: settingUp ? 2_000 : false });
  const leave = ({ url }: { readonly url: string }) => window.location.assign(url);
  const give = useMutation({ mutationFn: () => callOperation(beginCheckout, {}), onSuccess: leave });
  const manage = useMutation({ mutationFn: () => callOperation(openBillingPortal, {}), onSuccess: leave });
  const failure = give.error ?? manage.error;
  return (
    <Stack gap="sm" component="section" aria-label="Payment">
      <Title order={2}>Payment</Title>
      <Paper p="md">
        <Stack gap="md">
          {settingUp ? <Alert color="teal" p="xs">Your card is being set up. That takes a few seconds.</Alert> : null}
          {checkout === 'cancelled' ? <Alert color="gray" p="xs">No card was given.</Alert> : null}
          <Text size="sm">{words[card === 'active' && isOverdue ? 'past_due' : card]}</Text>
          {failure === null ? null : <FailureAlert error={failure} />}
          {card === 'deleted' ? null : (
            <Group>
              {canGive ? (
                <Button leftSection={<IconCreditCard size={16} />} loading={give.isPending} onClick={() => give.mutate()}>Give a card</Button>
              ) : (
                <Button variant="default" leftSection={<IconExternalLink size={16} />} loading={manage.isPending} onClick={() => manage.mutate()}>Change card or address</Button>
              )}
            </Group>
          )}
        </Stack>
      </Paper>
    </Stack>
  );
}
