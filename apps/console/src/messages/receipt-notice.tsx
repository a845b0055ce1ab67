import { Alert, Group, Text } from '@mantine/core';
import type { PublishReceipt } from '@waybill/contracts';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { CopyAction } from '../elements/copy.js';
import { plural } from '../words/figures.js';

/** What a publish answered: where the message went and what it was counted as. */
export function ReceiptNotice({ receipt }: { receipt: PublishReceipt }) {
  const { id, exchanges, queues, units } = receipt;
  const reached = queues.length > 0;
  return (
    <Alert role="status" color={reached ? 'petrol' : 'yellow'} icon={reached ? <IconCheck size={18} /> : <IconAlertTriangle size={18} />} title={reached ? `Stored in ${plural(queues.length, 'queue')}` : 'Accepted, but no queue matched'}>
      <Text size="sm">
        {exchanges.length === 0 ? null : <>Passed <span className="name">{exchanges.join(' → ')}</span>. </>}
        {reached ? <>Now in <span className="name">{queues.join(', ')}</span>.</> : 'No binding takes this message, so it was not stored anywhere. It is counted as "matched no queue".'}
      </Text>
      <Text size="sm" mt={4}>
        Counted as {plural(units.messages, 'message')}, {units.kibIn} KiB, {plural(units.exchangePasses, 'exchange pass', 'exchange passes')}, {plural(units.queuePasses, 'stored copy', 'stored copies')}.
      </Text>
      <Group gap={4} mt={2}>
        <Text size="sm">Id <span className="name">{id}</span></Text>
        <CopyAction value={id} label="Copy message id" />
      </Group>
    </Alert>
  );
}
