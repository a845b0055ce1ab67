import { Alert, PasswordInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { createExportSchedule, replaceExportSchedule } from '@waybill/contracts';
import { callOperation } from '../api/control-plane.js';
import { notice } from '../elements/notice.js';
import { ActionDialog, ActionForm } from './action-dialog.js';
import { draftOfExport, exportBody, exportFields, exportHelp, exportRules, exportWords, newExportDraft, type ExportDraft, type ExportSchedule } from './export-draft.js';

interface ExportDialogProps {
  /** 'new' to create one, null while it is closed. */
  readonly of: ExportSchedule | 'new' | null;
  readonly folderAllowed: boolean;
  readonly onClose: () => void;
}

export function ExportDialog({ of, ...rest }: ExportDialogProps) {
  return (
    <ActionDialog opened={of !== null} onClose={rest.onClose} title={of === 'new' ? 'Create export' : 'Change export'}>
      {of === null ? null : <ExportForm schedule={of === 'new' ? null : of} {...rest} />}
    </ActionDialog>
  );
}

const exactly = { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false } as const;

function ExportForm({ schedule, folderAllowed, onClose }: Omit<ExportDialogProps, 'of'> & { schedule: ExportSchedule | null }) {
  const form = useForm<ExportDraft>({ initialValues: schedule === null ? newExportDraft : draftOfExport(schedule), validate: exportRules });
  const toBucket = form.values.kind === 'bucket';
  return (
    <ActionForm
      form={form}
      fields={exportFields}
      byCode={{ egress_refused: 'endpoint', export_secret_missing: 'secretAccessKey', export_schedule_name_taken: 'name', export_folder_refused: 'prefix' }}
      submit={schedule === null ? 'Create export' : 'Save export'}
      onDone={onClose}
      run={async (draft) => {
        if (schedule === null) await callOperation(createExportSchedule, { body: exportBody(draft, false) });
        else await callOperation(replaceExportSchedule, { params: { schedule: schedule.id }, body: exportBody(draft, schedule.paused) });
        notice(schedule === null ? 'Export created. Its first file is sent within a minute.' : 'Export saved.');
      }}
    >
      <TextInput label="Name" maxLength={80} data-autofocus {...form.getInputProps('name')} />
      <Select label="What" description={exportHelp[form.values.export]} allowDeselect={false} data={Object.entries(exportWords).map(([value, label]) => ({ value, label }))} {...form.getInputProps('export')} />
      <Select
        label="How often"
        description={form.values.every === 'daily' ? 'After each day (UTC): its month so far.' : 'The whole month, from the 2nd of the next one on, once every tenant has closed it.'}
        allowDeselect={false}
        data={[{ value: 'daily', label: 'Daily' }, { value: 'monthly', label: 'Monthly, after the close' }]}
        {...form.getInputProps('every')}
      />
      <SegmentedControl aria-label="Target" data={[{ value: 'bucket', label: 'To a bucket' }, { value: 'folder', label: 'Into a folder' }]} {...form.getInputProps('kind')} />
      {toBucket ? (
        <>
          <TextInput label="Endpoint" placeholder="https://s3.eu-central-1.amazonaws.com" {...exactly} {...form.getInputProps('endpoint')} />
          <TextInput label="Region" placeholder="eu-central-1" {...exactly} {...form.getInputProps('region')} />
          <TextInput label="Bucket" {...exactly} {...form.getInputProps('bucket')} />
        </>
      ) : folderAllowed ? null : (
        <Alert color="yellow">This installation writes exports into no folder. The operator allows one with EXPORT_FOLDER.</Alert>
      )}
      <TextInput label={toBucket ? 'Prefix' : 'Folder'} description={toBucket ? 'Folders before the name of the file; may be empty.' : 'Below the folder of the installation; may be empty.'} placeholder="waybill/finance" {...exactly} {...form.getInputProps('prefix')} />
      {toBucket ? (
        <>
          <TextInput label="Access key id" {...exactly} {...form.getInputProps('accessKeyId')} />
          <PasswordInput label="Secret access key" description={schedule?.target.kind === 'bucket' ? 'Empty keeps the one there is. It is never shown.' : 'Kept encrypted, never shown again.'} {...exactly} autoComplete="new-password" {...form.getInputProps('secretAccessKey')} />
        </>
      ) : null}
    </ActionForm>
  );
}
