import { Paper, Text } from '@mantine/core';
import type { drillDownUsage, Reply } from '@waybill/contracts';
import { inUnits, plural } from '../words/figures.js';

type Evidence = NonNullable<Reply<typeof drillDownUsage>['evidence']>;

interface HourEvidenceProps {
  readonly evidence: Evidence;
  readonly dimension: string;
  readonly unit: string;
}

const kept: Readonly<Record<Evidence['kept'], string>> = {
  messages: 'over the sorted ids of the messages',
  partial: 'over the sorted ids of the messages the log still has',
  records: 'of the ledger, because there was no message log',
};

/** What proves an hour of a namespace after its messages are gone. */
export function HourEvidence({ evidence, dimension, unit }: HourEvidenceProps) {
  const counted = evidence.units[dimension];
  return (
    <Paper p="md">
      <Text size="sm">Kept as evidence of the namespace's hour: {plural(BigInt(evidence.messages), 'message')}, {plural(BigInt(evidence.bytes), 'byte')}.</Text>
      <Text size="sm">{counted === undefined ? 'This could not be counted a second time when the hour was sealed.' : `Counted a second time when the hour was sealed: ${inUnits(counted, unit)}.`}</Text>
      <Text size="xs" c="dimmed" mt={4}>SHA-256 {kept[evidence.kept]} <span className="name">{evidence.sha256}</span></Text>
    </Paper>
  );
}
