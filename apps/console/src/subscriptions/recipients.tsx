import { Alert, Badge, Button, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Recipient, Subscription } from '@waybill/contracts';
import { IconMailQuestion } from '@tabler/icons-react';
import { FailureAlert } from '../elements/failure-alert.js';
import { notice } from '../elements/notice.js';
import { RecordTable } from '../elements/record-table.js';
import { serverNowMs } from '../words/server-time.js';
import { dateTime } from '../words/time.js';
import type { Tone } from './state-words.js';

type Named = Pick<Subscription, 'recipients' | 'held'>;

export const recipientTone: Readonly<Record<Recipient['state'], Tone>> = {
  confirmed: { label: 'Confirmed', color: 'petrol' },
  trusted: { label: 'Needs no confirmation', color: 'petrol' },
  waiting: { label: 'Waiting for confirmation', color: 'yellow' },
  unsubscribed: { label: 'Unsubscribed', color: 'gray' },
  denied: { label: 'Not allowed here', color: 'red' },
};

/** What follows from a state, beside its name. */
function recipientWords({ state, askedAt, linkEndsAt, notAsked }: Recipient): string {
  if (state === 'unsubscribed') return 'Only they can take that back, with the link at the end of any mail.';
  if (state === 'denied') return 'The operator of this installation lets no mail go there.';
  if (state !== 'waiting') return 'Gets the mails.';
  if (notAsked !== null) return `The mail that asks could not be sent: ${notAsked}`;
  if (askedAt === null || linkEndsAt === null) return 'Was not asked yet.';
  if (Date.parse(linkEndsAt) <= serverNowMs()) return `Was asked on ${dateTime(askedAt)}; the link has ended.`;
  return `Was asked on ${dateTime(askedAt)}; the link works until ${dateTime(linkEndsAt)}.`;
}

/** Why nothing is mailed, where nothing is. */
export function HeldNotice({ subscription: { held, recipients } }: { subscription: Named }) {
  if (!held) return null;
  const waiting = recipients.some(({ state }) => state === 'waiting');
  return (
    <Alert color="yellow" icon={<IconMailQuestion size={18} />} title={waiting ? 'Waiting for confirmation' : 'Nobody takes these mails'}>
      {waiting
        ? 'Nobody has confirmed yet that they want these mails. Messages stay in the queue meanwhile, and are sent when the first address confirms.'
        : 'Every address has unsubscribed or is not allowed here. Messages stay in the queue; name another address in the settings.'}
    </Alert>
  );
}

interface RecipientsProps {
  readonly recipients: readonly Recipient[];
  /** Sends the mail that asks again. */
  readonly ask: (address: string) => Promise<unknown>;
  readonly refresh: () => Promise<void>;
}

/** Who gets the mails, who was asked, and who does not want them. */
export function Recipients({ recipients, ask: askAgain, refresh }: RecipientsProps) {
  const ask = useMutation({
    mutationFn: askAgain,
    onSuccess: async (_asked, address) => {
      notice(`${address} is asked again.`);
      await refresh();
    },
  });
  if (recipients.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Recipients">
      <Title order={2}>Recipients</Title>
      <Text size="sm" c="dimmed">Each address confirms once that it wants these mails; every mail has a link to unsubscribe.</Text>
      {ask.error === null ? null : <FailureAlert error={ask.error} />}
      <RecordTable
        label="Recipients" rows={recipients} rowKey={({ address }) => address}
        columns={[
          { header: 'Address', cell: ({ address }) => <span className="name">{address}</span> },
          {
            header: 'State', line: true,
            cell: (recipient) => (
              <Stack gap={4} align="flex-start">
                <Badge component="span" miw="max-content" color={recipientTone[recipient.state].color}>{recipientTone[recipient.state].label}</Badge>
                <Text size="xs" c="dimmed" style={{ whiteSpace: 'normal' }}>{recipientWords(recipient)}</Text>
              </Stack>
            ),
          },
        ]}
        actions={({ address, state }) => (state !== 'waiting' ? null : <Button size="compact-sm" variant="default" aria-label={`Ask ${address} again`} loading={ask.isPending && ask.variables === address} onClick={() => ask.mutate(address)}>Ask again</Button>)}
      />
    </Stack>
  );
}
