import { PasswordInput, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { SchemaFields } from '../destinations/schema-field.js';
import type { Faults } from '../destinations/settings-draft.js';
import { More } from '../elements/more.js';
import { exchangesQuery } from '../exchanges/queries.js';
import { schemeNotes, schemeSchema, secretHints } from './scheme.js';
import { schemeKind, withSettings, type SourceDraft } from './source-draft.js';

interface SourceFieldsProps {
  readonly namespace: string;
  readonly draft: SourceDraft;
  readonly onChange: (draft: SourceDraft) => void;
  readonly faults: Faults;
  /** New: it needs a secret. */
  readonly fresh: boolean;
}

/** Who sends, into which exchange, under which key. */
export function SourceFields({ namespace, draft, onChange, faults, fresh }: SourceFieldsProps) {
  const exchanges = (useInfiniteQuery(exchangesQuery(namespace)).data ?? []).filter(({ builtIn }) => !builtIn).map(({ name }) => name);
  const kind = schemeKind(draft);
  const names = draft.exchange === '' || exchanges.includes(draft.exchange) ? exchanges : [draft.exchange, ...exchanges];
  return (
    <Stack gap="md">
      <SchemaFields schema={schemeSchema} value={draft.settings} onChange={(settings) => onChange(withSettings(draft, settings))} faults={faults} notes={schemeNotes} />
      {fresh ? (
        <PasswordInput
          label="Secret" description={secretHints[kind]} withAsterisk={kind !== 'standard'} placeholder={kind === 'standard' ? 'made for you' : ''} autoComplete="new-password" visibilityToggleButtonProps={{ 'aria-label': 'Show secret' }}
          value={draft.secret} onChange={(event) => onChange({ ...draft, secret: event.currentTarget.value })} error={faults['secret']}
        />
      ) : null}
      <Select label="Exchange" description={exchanges.length === 0 ? 'Create an exchange first: what comes in is published to it.' : 'What comes in is published to it.'} placeholder="Choose an exchange" withAsterisk searchable nothingFoundMessage="No exchange is called this" data={names} value={draft.exchange === '' ? null : draft.exchange} onChange={(exchange) => onChange({ ...draft, exchange: exchange ?? '' })} error={faults['exchange']} />
      <TextInput label="Routing key" description="{{header:name}} and {{body:path}} stand for what the call brings." withAsterisk autoComplete="off" autoCapitalize="none" spellCheck={false} value={draft.key} onChange={(event) => onChange({ ...draft, key: event.currentTarget.value })} error={faults['key']} />
      <More label="More" forced={faults['keepHeaders'] !== undefined || faults['description'] !== undefined}>
        <Stack gap="md">
          <TextInput label="Description" placeholder="What it is for" maxLength={200} value={draft.description} onChange={(event) => onChange({ ...draft, description: event.currentTarget.value })} error={faults['description']} />
          <TagsInput label="Headers to keep" description="They become headers of the message." placeholder={draft.keepHeaders.length === 0 ? 'x-github-delivery' : ''} maxTags={16} acceptValueOnBlur splitChars={[',', ' ']} clearable={false} value={[...draft.keepHeaders]} onChange={(keepHeaders) => onChange({ ...draft, keepHeaders })} error={faults['keepHeaders']} />
        </Stack>
      </More>
    </Stack>
  );
}
