import { ActionIcon, Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { newRow, type HeaderRow } from './header-rows.js';

interface HeaderFieldsProps {
  readonly label: string;
  readonly addLabel: string;
  readonly rows: readonly HeaderRow[];
  readonly onChange: (rows: HeaderRow[]) => void;
  readonly error: ReactNode;
}

/** Pairs of name and value, as many as wanted. */
export function HeaderFields({ label, addLabel, rows, onChange, error }: HeaderFieldsProps) {
  const change = (id: number, part: Partial<HeaderRow>) => onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <Fieldset legend={label} variant="unstyled" m={0} styles={{ legend: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 'var(--mantine-font-weight-medium)', padding: 0, marginBottom: 4 } }}>
      <Stack gap={6} align="flex-start">
        {rows.map((row, index) => (
          <Group key={row.id} gap={6} wrap="nowrap" w="100%">
            <TextInput flex={1} miw={0} aria-label={`Header ${index + 1} name`} placeholder="name" value={row.name} onChange={(event) => change(row.id, { name: event.currentTarget.value })} autoComplete="off" autoCapitalize="none" spellCheck={false} autoFocus={row.name === ''} />
            <TextInput flex={1} miw={0} aria-label={`Header ${index + 1} value`} placeholder="value" value={row.value} onChange={(event) => change(row.id, { value: event.currentTarget.value })} autoComplete="off" spellCheck={false} />
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove header ${index + 1}`} onClick={() => onChange(rows.filter((other) => other.id !== row.id))}>
              <IconX size={16} />
            </ActionIcon>
          </Group>
        ))}
        {error ? <Text size="xs" c="var(--mantine-color-error)" role="alert">{error}</Text> : null}
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => onChange([...rows, newRow(rows)])}>
          {addLabel}
        </Button>
      </Stack>
    </Fieldset>
  );
}
