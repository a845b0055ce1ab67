import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { confirmMails, readMailLink, resubscribeToMails, unsubscribeFromMails, type MailLinkView } from '@waybill/contracts';
import { IconCheck, IconMailOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { EntryPage } from '../account/entry-page.js';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { dateTime } from '../words/time.js';

const answers = { confirm: confirmMails, unsubscribe: unsubscribeFromMails, resubscribe: resubscribeToMails } as const;
type Answer = keyof typeof answers;

/** What is behind the links in mails of subscriptions. Nothing happens before a button is pressed: programs open links too. */
export function MailLinkPage() {
  const { token } = useParams({ from: '/mail/$token' });
  const queryClient = useQueryClient();
  const queryKey = ['mail-link', token];
  const link = useQuery({ queryKey, queryFn: ({ signal }) => callOperation(readMailLink, { body: { token }, signal }), retry: false });
  const answer = useMutation({
    mutationFn: (which: Answer) => callOperation(answers[which], { body: { token } }),
    onSuccess: (view) => queryClient.setQueryData(queryKey, view),
  });
  const confirming = link.data?.purpose === 'confirm';
  return (
    <EntryPage
      title={confirming ? 'Do you want these mails?' : 'Mails to you'}
      lead={confirming ? 'Nothing is sent to anybody who does not want it.' : 'You decide who may write to you.'}
      below={<Text span c="dimmed" inherit>Waybill carries messages for others and sends them only to people who agreed.</Text>}
    >
      <AwaitQuery query={link} rows={2}>
        {(view) => (
          <Stack gap="md">
            <Words view={view} />
            {answer.error === null ? null : <FailureAlert error={answer.error} />}
            <Buttons view={view} pending={answer.isPending ? answer.variables : null} onAnswer={answer.mutate} />
          </Stack>
        )}
      </AwaitQuery>
    </EntryPage>
  );
}

function Words({ view: { purpose, sender, address, namespace, subscription, state, expiresAt } }: { view: MailLinkView }) {
  if (state === 'confirmed' && purpose === 'confirm') return <Alert role="status" color="petrol" icon={<IconCheck size={18} />} title="Confirmed"><b>{sender}</b> may send mails to {address}. Every mail has a link to stop them.</Alert>;
  if (state === 'unsubscribed') return <Alert role="status" color="gray" icon={<IconMailOff size={18} />} title="No more mails"><b>{sender}</b> sends no more mails to {address}, and cannot change that.</Alert>;
  if (purpose === 'unsubscribe') return <Text size="sm">{state === 'confirmed' ? <><b>{sender}</b> sends mails to <b>{address}</b>.</> : <><b>{sender}</b> has <b>{address}</b> on a list, and sends nothing else before you confirm it.</>}</Text>;
  return (
    <Stack gap="xs">
      <Text size="sm"><b>{sender}</b> wants to send messages to <b>{address}</b>: the subscription <span className="name">{subscription}</span> in <span className="name">{namespace}</span>.</Text>
      {expiresAt === null ? null : <Text size="xs" c="dimmed">The link works until {dateTime(expiresAt)}. If you do nothing, nothing else is sent to you.</Text>}
    </Stack>
  );
}

function Buttons({ view: { purpose, state }, pending, onAnswer }: { view: MailLinkView; pending: Answer | null; onAnswer: (which: Answer) => void }) {
  const button = (which: Answer, words: ReactNode, primary = true) => <Button key={which} variant={primary ? 'filled' : 'default'} loading={pending === which} disabled={pending !== null && pending !== which} onClick={() => onAnswer(which)}>{words}</Button>;
  if (purpose === 'confirm') return state !== 'waiting' ? null : <Group gap="xs">{button('confirm', 'Yes, send me mails')}{button('unsubscribe', 'No, and do not ask again', false)}</Group>;
  return <Group gap="xs">{state === 'unsubscribed' ? button('resubscribe', 'It was a mistake: take that back', false) : button('unsubscribe', 'Send me no more mails')}</Group>;
}
