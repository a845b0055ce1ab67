import { Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { deleteSubscription, type Subscription } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { ConfirmDialog } from '../elements/confirm-dialog.js';
import { notice } from '../elements/notice.js';
import { useRefreshSubscriptions } from './queries.js';

interface DeleteSubscriptionDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly subscription: Subscription;
  readonly onDeleted: () => Promise<void>;
}

export function DeleteSubscriptionDialog({ opened, onClose, namespace, subscription: { name, queue }, onDeleted }: DeleteSubscriptionDialogProps) {
  const refresh = useRefreshSubscriptions(namespace);
  const remove = useMutation({
    mutationFn: () => callOperation(deleteSubscription, { params: { namespace, subscription: name } }),
    onSuccess: async () => {
      notice(`Subscription ${name} deleted.`);
      // Leave first: the page of a subscription that is gone would only report that it is gone.
      await onDeleted();
      await refresh();
    },
  });
  return (
    <ConfirmDialog
      opened={opened} title={`Delete subscription ${name}`} confirmLabel="Delete subscription" typeToConfirm={name} pending={remove.isPending} error={remove.error}
      onClose={() => { remove.reset(); onClose(); }} onConfirm={() => remove.mutate()}
    >
      <Text size="sm">Nothing is pushed any more, and its secrets are gone. The queue <span className="name">{queue}</span> keeps its messages. It cannot be undone.</Text>
    </ConfirmDialog>
  );
}
