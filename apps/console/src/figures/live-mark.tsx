import { Badge, Box } from '@mantine/core';

/** Whether the figures on this page move. */
export function LiveMark({ live }: { live: boolean }) {
  return (
    <Badge
      color={live ? 'petrol' : 'gray'}
      leftSection={<Box w={7} h={7} style={{ borderRadius: '50%', background: live ? 'var(--waybill-in)' : 'var(--mantine-color-dimmed)' }} />}
    >
      {live ? 'Live' : 'Not live'}
    </Badge>
  );
}
