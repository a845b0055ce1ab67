import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { month } from '../words/money.js';
import { dateTime } from '../words/time.js';
import { installationQuery } from './installation.js';

/** Says that this is a demonstration, and what day it is in it; nothing anywhere else. */
export function DemonstrationBanner() {
  const installation = useQuery(installationQuery).data;
  if (installation?.demonstration !== true) return null;
  return (
    <Alert color="yellow" variant="light" mb="md" py="xs" role="note" aria-label="Demonstration">
      This is a demonstration: no money moves, and its clock is moved by hand. Here it is {dateTime(installation.now)}; the month that runs is {month(installation.now.slice(0, 7))}.
    </Alert>
  );
}
