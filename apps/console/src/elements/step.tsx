import { Box, Center, Group, Title, VisuallyHidden } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly done: boolean;
  readonly last?: boolean;
  readonly children: ReactNode;
}

export function Step({ number, title, done, last = false, children }: StepProps) {
  return (
    <Group component="li" wrap="nowrap" align="stretch" gap="md">
      <Box style={{ display: 'flex', flexDirection: 'column', alignItems: 'center' }} aria-hidden="true">
        <Center w={26} h={26} fz="xs" fw={650} style={{ borderRadius: '50%', flexShrink: 0, ...(done ? { background: 'var(--mantine-color-petrol-filled)', color: '#fff' } : { border: '1.5px solid var(--waybill-field-line)' }) }}>
          {done ? <IconCheck size={15} stroke={2.4} /> : number}
        </Center>
        {last ? null : <Box flex={1} w={1.5} my={4} style={{ background: 'var(--waybill-line)' }} />}
      </Box>
      <Box flex={1} miw={0} pb={last ? 0 : 'xl'}>
        <Title order={3} mb={8} lh="26px">
          {title}
          <VisuallyHidden>{done ? ' (done)' : ''}</VisuallyHidden>
        </Title>
        {children}
      </Box>
    </Group>
  );
}
