import { Autocomplete, NumberInput, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { getSchedule, putSchedule, type Schedule } from '@waybill/contracts';
import { useState } from 'react';
import { gatewayOf } from '../api/gateway.js';
import { refuseTakenName } from '../api/name-taken.js';
import { FormFoot } from '../elements/form-foot.js';
import { placeProblem } from '../elements/place-problem.js';
import { TargetField } from '../targets/target-field.js';
import { nameRule } from '../words/names.js';
import { useRefreshSchedules } from './queries.js';
import { draftOfSchedule, newScheduleDraft, scheduleBody, scheduleFields, scheduleRules, type ScheduleDraft } from './schedule-draft.js';

interface ScheduleFormProps {
  readonly namespace: string;
  /** Null to create one. */
  readonly schedule: Schedule | null;
  readonly onCancel: () => void;
  readonly onSaved: (schedule: Schedule) => void;
}

/** Names of zones as this browser knows them; the gateway may know more. */
const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function ScheduleForm({ namespace, schedule, onCancel, onSaved }: ScheduleFormProps) {
  const refresh = useRefreshSchedules(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<ScheduleDraft>({ initialValues: schedule === null ? newScheduleDraft(ownZone) : draftOfSchedule(schedule), validate: scheduleRules });
  const save = useMutation({
    mutationFn: async (draft: ScheduleDraft) => {
      const params = { schedule: draft.name };
      if (schedule === null) await refuseTakenName(draft.name, () => gatewayOf(namespace).call(getSchedule, { params }));
      const saved = await gatewayOf(namespace).call(putSchedule, { params, body: scheduleBody(draft) });
      await refresh();
      return saved;
    },
    onSuccess: onSaved,
    onError: (error) => setFailure(placeProblem(error, form, scheduleFields, { name_invalid: 'name', cron_invalid: 'cron', queue_not_found: 'to', exchange_not_found: 'to' })),
  });
  const base64 = form.values.rest.bodyEncoding === 'base64';
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((draft) => {
        setFailure(null);
        save.mutate(draft);
      })}
    >
      <Stack gap="md">
        {schedule === null ? <TextInput label="Name" description={nameRule} placeholder="monthly-invoices" withAsterisk autoComplete="off" autoCapitalize="none" spellCheck={false} data-autofocus {...form.getInputProps('name')} /> : null}
        <TextInput label="When" description="Minute, hour, day, month, weekday: 0 6 * * mon-fri is six o'clock on weekdays." withAsterisk autoComplete="off" autoCapitalize="none" spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} {...form.getInputProps('cron')} />
        <Autocomplete label="By the clocks of" description="Daylight saving included." withAsterisk limit={50} data={zones} autoComplete="off" {...form.getInputProps('timeZone')} />
        <TargetField namespace={namespace} label="To" {...form.getInputProps('to')} />
        {form.values.to.startsWith('exchange:') ? <TextInput label="Routing key" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('key')} /> : null}
        <Autocomplete label="Content type" data={['application/json', 'text/plain', 'application/xml']} autoComplete="off" {...form.getInputProps('contentType')} />
        <Textarea label={base64 ? 'Body, in base64' : 'Body'} autosize minRows={3} maxRows={12} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }} {...form.getInputProps('body')} />
        <NumberInput label="Lives for, in seconds" description="What is not consumed by then goes to the dead letters." placeholder="no limit" min={1} hideControls {...form.getInputProps('ttlSeconds')} />
        <Switch label="Paused" description="It does not run until it is resumed." {...form.getInputProps('paused', { type: 'checkbox' })} />
        <FormFoot failure={failure} pending={save.isPending} submit={schedule === null ? 'Create schedule' : 'Save schedule'} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
