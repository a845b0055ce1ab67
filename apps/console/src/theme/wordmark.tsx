import { Group, Text } from '@mantine/core';

/** The mark: a W drawn as a route that ends at a stop. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="6" fill="var(--mantine-color-petrol-7)" />
      <path d="M5 8.5l3.6 8.2L12 10.2l3.4 6.5L18.4 9" fill="none" stroke="#fff" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="18.9" cy="7.4" r="2.3" fill="#f2b441" />
    </svg>
  );
}

export function Wordmark({ size = 26, markOnly = false }: { size?: number; markOnly?: boolean }) {
  return (
    <Group gap={9} wrap="nowrap" component="span">
      <Mark size={size} />
      {markOnly ? null : (
        <Text component="span" fw={700} fz={size * 0.69} lh={1} lts="-0.02em" c="var(--mantine-color-text)">
          Waybill
        </Text>
      )}
    </Group>
  );
}
