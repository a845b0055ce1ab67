import { Button, Group, NumberInput, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { serverNowMs } from '../words/server-time.js';
import { dayMs, hourMs } from '../words/time.js';
import { isFiltered, momentAt, wallClock, type AttemptFilter } from './attempt-filter.js';
import { outcomes, outcomeTone } from './outcome-words.js';

interface AttemptFiltersProps {
  readonly filter: AttemptFilter;
  readonly onChange: (filter: AttemptFilter) => void;
}

const periods = [
  { value: 'any', label: 'Any time' },
  { value: 'hour', label: 'Last hour', ms: hourMs },
  { value: 'day', label: 'Last 24 hours', ms: dayMs },
  { value: 'week', label: 'Last 7 days', ms: 7 * dayMs },
  { value: 'own', label: 'From … to …' },
] as const;

/** Narrows a list of attempts. What is typed counts after a moment of rest. */
export function AttemptFilters({ filter, onChange }: AttemptFiltersProps) {
  const [message, setMessage] = useState(filter.message ?? '');
  const [status, setStatus] = useState<number | string>(filter.status ?? '');
  const [period, setPeriod] = useState<string>(filter.from === undefined && filter.to === undefined ? 'any' : 'own');
  useEffect(() => setMessage(filter.message ?? ''), [filter.message]);
  useEffect(() => setStatus(filter.status ?? ''), [filter.status]);
  useEffect(() => { if (filter.from === undefined && filter.to === undefined) setPeriod((now) => (now === 'own' ? now : 'any')); }, [filter.from, filter.to]);
  const change = (part: { readonly [K in keyof AttemptFilter]: AttemptFilter[K] | undefined }) =>
    onChange(Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value !== undefined && value !== '')));
  const later = useDebouncedCallback(change, 350);
  const choosePeriod = (value: string | null) => {
    setPeriod(value ?? 'any');
    const chosen = periods.find((each) => each.value === value);
    if (value !== 'own') change({ from: chosen !== undefined && 'ms' in chosen ? new Date(serverNowMs() - chosen.ms).toISOString() : undefined, to: undefined });
  };
  const clear = () => {
    setPeriod('any');
    onChange({});
  };
  return (
    <Group gap="xs" align="flex-end" role="search" aria-label="Filter attempts">
      <TextInput flex="2 1 200px" label="Message id" placeholder="msg_…" leftSection={<IconSearch size={14} />} autoComplete="off" autoCapitalize="none" spellCheck={false} value={message} onChange={(event) => { setMessage(event.currentTarget.value); later({ message: event.currentTarget.value.trim() || undefined }); }} />
      <Select flex="1 1 140px" label="Outcome" placeholder="any" clearable clearButtonProps={{ 'aria-label': 'Any outcome' }} data={outcomes.map((value) => ({ value, label: outcomeTone[value].label }))} value={filter.outcome ?? null} onChange={(outcome) => change({ outcome: outcome ?? undefined } as AttemptFilter)} />
      <NumberInput flex="0 1 100px" label="Status" placeholder="any" hideControls allowDecimal={false} allowNegative={false} max={999} value={status} onChange={(value) => { setStatus(value); later({ status: value === '' ? undefined : Number(value) }); }} />
      <Select flex="1 1 150px" label="When" data={periods.map(({ value, label }) => ({ value, label }))} value={period} onChange={choosePeriod} />
      {period !== 'own' ? null : (
        <>
          <TextInput flex="1 1 190px" type="datetime-local" label="From" value={filter.from === undefined ? '' : wallClock(filter.from)} onChange={(event) => change({ from: momentAt(event.currentTarget.value) })} />
          <TextInput flex="1 1 190px" type="datetime-local" label="To" value={filter.to === undefined ? '' : wallClock(filter.to)} onChange={(event) => change({ to: momentAt(event.currentTarget.value) })} />
        </>
      )}
      {isFiltered(filter) ? <Button variant="subtle" color="gray" leftSection={<IconX size={14} />} onClick={clear}>Clear</Button> : null}
    </Group>
  );
}
