import { Radio, Select, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { resolveUsageBatch, type listUsageBatches, type Reply } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { AwaitQuery } from '../elements/await-query.js';
import { plural } from '../words/figures.js';
import { dateTime } from '../words/time.js';
import { ActionDialog, ActionForm, reasonFault } from './action-dialog.js';
import { sayOutcome } from './outcome.js';
import { usageBatchesQuery } from './queries.js';

type UsageBatch = Reply<typeof listUsageBatches>['items'][number];

interface Props {
  /** Null: closed. */
  readonly namespaceId: string | null;
  readonly onClose: () => void;
}

/** Tries usage that could not be booked again, or drops it. */
export function UsageBatchDialog({ namespaceId, onClose }: Props) {
  const batches = useQuery({ ...usageBatchesQuery, enabled: namespaceId !== null });
  return (
    <ActionDialog opened={namespaceId !== null} onClose={onClose} title="Usage that could not be booked">
      <AwaitQuery query={batches} rows={4}>
        {({ items }) => {
          const ours = items.filter((batch) => batch.namespaceId === namespaceId);
          return ours.length === 0 ? <Text size="sm">Nothing waits any more. The alert goes within a minute.</Text> : <UsageBatchForm batches={ours} onClose={onClose} />;
        }}
      </AwaitQuery>
    </ActionDialog>
  );
}

function UsageBatchForm({ batches, onClose }: { batches: readonly UsageBatch[]; onClose: () => void }) {
  const form = useForm({ initialValues: { batchId: batches[0]!.batchId, decision: firstChoice(batches[0]!), reason: '' }, validate: { reason: reasonFault } });
  const batch = batches.find(({ batchId }) => batchId === form.values.batchId) ?? batches[0]!;
  return (
    <ActionForm
      form={form}
      fields={['batchId', 'decision', 'reason']}
      submit="Ask for it"
      onDone={onClose}
      run={async ({ batchId, decision, reason }) => {
        sayOutcome(await callOperation(resolveUsageBatch, { params: { batch: batchId }, body: { namespaceId: batch.namespaceId, decision, reason } }), 'Done.');
      }}
    >
      <Text size="sm">It is on no invoice. Another person must approve what becomes of it.</Text>
      <Select
        label="Batch" allowDeselect={false} data={batches.map(({ batchId }) => batchId)} {...form.getInputProps('batchId')}
        onChange={(batchId) => form.setValues({ batchId: batchId!, decision: firstChoice(batches.find((one) => one.batchId === batchId)!) })}
      />
      <Text size="xs" c="dimmed" className="cause">{factsOf(batch)}</Text>
      <Radio.Group label="What becomes of it" {...form.getInputProps('decision')}>
        <Stack gap="xs" mt={4}>
          <Radio value="retry" disabled={batch.state === 'lost'} label="Try to book it again" description="What cannot be booked once more comes back here." />
          <Radio value="drop" label={batch.state === 'lost' ? 'Close it' : 'Drop it for good'} description={batch.state === 'lost' ? 'Adjust the usage first: the counters are gone.' : 'Nobody is billed for it. The history keeps what it counted.'} />
        </Stack>
      </Radio.Group>
      <Textarea label="Reason" autosize minRows={2} maxLength={500} data-autofocus {...form.getInputProps('reason')} />
    </ActionForm>
  );
}

const firstChoice = ({ state }: UsageBatch): 'retry' | 'drop' => (state === 'lost' ? 'drop' : 'retry');

function factsOf({ tenant, namespaceId, sealedAt, counters, reason }: UsageBatch): string {
  const counted = counters === null || sealedAt === null ? '' : `, ${plural(counters, 'counter')} closed on ${dateTime(sealedAt)}`;
  return `${tenant ?? 'No known tenant'}, ${namespaceId}${counted}: ${reason}`;
}
