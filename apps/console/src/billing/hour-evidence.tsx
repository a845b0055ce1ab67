import { Paper, Text } from '@mantine/core';
import type { drillDownUsage, Reply } from '@waybill/contracts';
import { plural } from '../words/figures.js';

type Evidence = NonNullable<Reply<typeof drillDownUsage>['evidence']>;

const kept: Readonly<Record<Evidence['kept'], string>> = {
  messages: 'over the sorted ids of the messages',
  partial: 'over the sorted ids of the messages the log still has',
  records: 'of the ledger, because there was no message log',
};

/** The digest that proves an hour after its messages are gone. */
export function HourEvidence({ evidence }: { evidence: Evidence }) {
  return (
    <Paper p="md">
      <Text size="sm">Kept as evidence: {plural(BigInt(evidence.messages), 'message')}, {plural(BigInt(evidence.bytes), 'byte')}.</Text>
      <Text size="xs" c="dimmed" mt={4}>SHA-256 {kept[evidence.kept]} <span className="name">{evidence.sha256}</span></Text>
    </Paper>
  );
}
