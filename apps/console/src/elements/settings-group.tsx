import { Fieldset, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

/** Fields that belong together, under a name. */
export function SettingsGroup({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <Fieldset legend={legend}>
      <Stack gap="sm">{children}</Stack>
    </Fieldset>
  );
}
