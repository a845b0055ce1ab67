import { Radio, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { purge, type QueueFigures } from '@waybill/contracts';
import { useState } from 'react';
import { gatewayOf } from '../api/gateway.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { useRefreshFigures } from '../figures/live.js';
import { count, plural } from '../words/figures.js';

type State = 'ready' | 'dead';

interface PurgeDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly queue: string;
  readonly figures: QueueFigures | undefined;
}

/** Removes messages for good; the button says how many there are now. */
export function PurgeDialog({ opened, onClose, namespace, queue, figures }: PurgeDialogProps) {
  const [state, setState] = useState<State>('ready');
  const refresh = useRefreshFigures(namespace);
  const run = useMutation({
    mutationFn: () => gatewayOf(namespace).call(purge, { params: { queue }, body: { state } }),
    onSuccess: (answer) => {
      refresh();
      // Without a filter the gateway removes before it answers; a task or a preview is not what was asked for.
      if ('purged' in answer) notice(`${plural(answer.purged, state === 'ready' ? 'ready message' : 'dead letter')} removed from ${queue}.`);
      onClose();
    },
  });
  const close = () => {
    run.reset();
    onClose();
  };
  const label = (value: State, words: string) => (figures === undefined ? words : `${words} (${count(figures[value])})`);
  const number = figures === undefined ? '' : `${count(figures[state])} `;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title={`Purge ${queue}`}
      confirmLabel={`Purge ${number}${state === 'ready' ? (figures?.ready === 1 ? 'ready message' : 'ready messages') : figures?.dead === 1 ? 'dead letter' : 'dead letters'}`}
      onConfirm={() => run.mutate()}
      pending={run.isPending}
      error={run.error}
    >
      <Radio.Group label="What to remove" value={state} onChange={(value) => setState(value === 'dead' ? 'dead' : 'ready')}>
        <Stack gap="xs" mt="xs">
          <Radio value="ready" label={label('ready', 'Ready messages')} />
          <Radio value="dead" label={label('dead', 'Dead letters')} />
        </Stack>
      </Radio.Group>
      <Text size="sm" c="dimmed">Removed messages are gone for good. Leased messages stay with the consumers that hold them. Messages that arrive meanwhile are removed as well.</Text>
    </ConfirmDialog>
  );
}
