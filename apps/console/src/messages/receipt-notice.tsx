import { Alert, Group, Text } from '@mantine/core';
import type { PublishReceipt } from '@waybill/contracts';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { CopyAction } from '../elements/copy.js';
import { receiptWords } from './receipt-words.js';

/** What a publish answered: where the message went, what did not take it, and what it was counted as. */
export function ReceiptNotice({ receipt }: { receipt: PublishReceipt }) {
  const { good, title, lines } = receiptWords(receipt);
  return (
    <Alert role="status" color={good ? 'petrol' : 'yellow'} icon={good ? <IconCheck size={18} /> : <IconAlertTriangle size={18} />} title={title}>
      {lines.map((line) => (
        <Text size="sm" mb={2} key={line} style={{ overflowWrap: 'anywhere' }}>{line}</Text>
      ))}
      <Group gap={4} mt={2}>
        <Text size="sm">Id <span className="name">{receipt.id}</span></Text>
        <CopyAction value={receipt.id} label="Copy message id" />
      </Group>
    </Alert>
  );
}
