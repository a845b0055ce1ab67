import { Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useArrival } from './arrival.js';

interface PageTitleProps {
  /** Names the document too. */
  readonly title: string;
  readonly mono?: boolean;
  readonly above?: ReactNode;
  readonly beside?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** Head of a page. Takes the focus after a navigation, so that a screen reader says where the person is. */
export function PageTitle({ title, mono = false, above, beside, description, actions }: PageTitleProps) {
  const heading = useArrival(title);
  return (
    <Group justify="space-between" align="flex-start" gap="md" mb="lg">
      <Stack gap={4} miw={0} flex="1 1 280px">
        {above}
        <Group gap="sm">
          <Title order={1} ref={heading} tabIndex={-1} className={mono ? 'name' : ''} {...(mono ? { fz: '1.3rem' } : {})}>
            {title}
          </Title>
          {beside}
        </Group>
        {description === undefined ? null : (
          <Text size="sm" c="dimmed" maw={680}>
            {description}
          </Text>
        )}
      </Stack>
      {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
