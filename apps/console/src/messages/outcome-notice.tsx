import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { Outcome } from './outcome.js';

/** Takes the focus when the message has left the screen, because the button that was pressed left with it. */
export function OutcomeNotice({ outcome: { good, title, detail, over } }: { outcome: Outcome }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (over) box.current?.focus({ preventScroll: true });
  }, [over]);
  return (
    <Alert ref={box} tabIndex={-1} role={good ? 'status' : 'alert'} color={good ? 'petrol' : 'yellow'} icon={good ? <IconCheck size={18} /> : <IconAlertTriangle size={18} />} title={title}>
      <Text size="sm">{detail}</Text>
    </Alert>
  );
}
