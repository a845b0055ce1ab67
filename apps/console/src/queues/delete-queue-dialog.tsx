import { Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { deleteQueue, type Queue, type QueueFigures } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { plural } from '../words/figures.js';
import { useRefreshTopology } from './queries.js';

interface DeleteQueueDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly queue: Queue;
  readonly figures: QueueFigures | undefined;
  readonly onDeleted: () => Promise<void>;
}

export function DeleteQueueDialog({ opened, onClose, namespace, queue, figures, onDeleted }: DeleteQueueDialogProps) {
  const refresh = useRefreshTopology(namespace);
  const remove = useMutation({
    mutationFn: () => callOperation(deleteQueue, { params: { namespace, queue: queue.name } }),
    onSuccess: async () => {
      notice(`Queue ${queue.name} deleted.`);
      // Leave first: the page of a queue that is gone would only report that it is gone.
      await onDeleted();
      await refresh();
    },
  });
  const held = figures === undefined ? null : figures.ready + figures.leased + figures.delayed + figures.dead;
  return (
    <ConfirmDialog
      opened={opened}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      title={`Delete queue ${queue.name}`}
      confirmLabel="Delete queue"
      onConfirm={() => remove.mutate()}
      pending={remove.isPending}
      error={remove.error}
      typeToConfirm={queue.name}
    >
      <Text size="sm">
        This deletes the queue with {held === null ? 'all its messages' : plural(held, 'message')} and {plural(queue.bindings, 'binding')} to it. Consumers and publishers that name it are refused from then on. It cannot be undone.
      </Text>
    </ConfirmDialog>
  );
}
