import { Select } from '@mantine/core';
import { useState } from 'react';
import { lastMonths, month } from '../words/money.js';
import { serverNowMs } from '../words/server-time.js';

interface MonthSelectProps {
  readonly period: string;
  readonly onChange: (period: string) => void;
}

/** The running month and the two years before it. */
export function MonthSelect({ period, onChange }: MonthSelectProps) {
  return (
    <Select aria-label="Month" w={190} searchable data={lastMonths(serverNowMs(), 25).map((value) => ({ value, label: month(value) }))} value={period} onChange={(value) => value !== null && onChange(value)} />
  );
}

/** The month that is being closed: the one before the running one. */
export function useClosingMonth(): [string, (period: string) => void] {
  return useState(() => lastMonths(serverNowMs(), 2)[1] ?? '');
}
