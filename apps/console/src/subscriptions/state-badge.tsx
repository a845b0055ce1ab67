import { Badge } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconPlayerPause, IconMailQuestion, IconPlugConnectedX } from '@tabler/icons-react';
import { stateTone } from './state-words.js';

const icons: Readonly<Record<string, typeof IconCheck>> = { Active: IconCheck, Failing: IconAlertTriangle, Waiting: IconMailQuestion, Paused: IconPlayerPause, Disabled: IconPlugConnectedX };

/** The state in a word, with a sign that needs no colour. */
export function StateBadge(props: Parameters<typeof stateTone>[0]) {
  const { label, color } = stateTone(props);
  const Icon = icons[label]!;
  return <Badge component="span" color={color} miw="max-content" leftSection={<Icon size={12} aria-hidden="true" />}>{label}</Badge>;
}
