import { Button, Group } from '@mantine/core';
import { FailureAlert } from './failure-alert.js';

interface FormFootProps {
  /** What the server refused and no field could show; null when there is nothing to say. */
  readonly failure: unknown;
  readonly pending: boolean;
  /** What the form does, as the words on its button. */
  readonly submit: string;
  readonly onCancel: () => void;
}

/** The end of every form in a dialog: what went wrong, the way out, the way on. */
export function FormFoot({ failure, pending, submit, onCancel }: FormFootProps) {
  return (
    <>
      {failure === null ? null : <FailureAlert error={failure} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onCancel}>Cancel</Button>
        <Button type="submit" loading={pending}>{submit}</Button>
      </Group>
    </>
  );
}
