import { Modal, Stack } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { FormFoot } from '../elements/form-foot.js';
import { placeProblem } from '../elements/place-problem.js';
import { useRefreshFinance } from './queries.js';

interface ActionFormProps<Values extends Record<string, unknown>> {
  readonly form: UseFormReturnType<Values>;
  readonly fields: readonly Extract<keyof Values, string>[];
  /** The field of a code that is about one field. */
  readonly byCode?: Readonly<Record<string, Extract<keyof Values, string>>>;
  readonly submit: string;
  readonly run: (values: Values) => Promise<unknown>;
  readonly onDone: () => void;
  readonly children: ReactNode;
}

/** The form of one action of finance: fields, what was refused, and a refresh of every figure after it. */
export function ActionForm<Values extends Record<string, unknown>>({ form, fields, byCode = {}, submit, run, onDone, children }: ActionFormProps<Values>) {
  const refresh = useRefreshFinance();
  const [failure, setFailure] = useState<unknown>(null);
  const action = useMutation({
    mutationFn: run,
    onSuccess: async () => {
      await refresh();
      onDone();
    },
    onError: (error) => setFailure(placeProblem(error, form as { setFieldError(field: string, message: string): void }, fields, byCode)),
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        setFailure(null);
        action.mutate(values);
      })}
    >
      <Stack gap="md">
        {children}
        <FormFoot failure={failure} pending={action.isPending} submit={submit} onCancel={onDone} />
      </Stack>
    </form>
  );
}

interface ActionDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
}

export function ActionDialog({ opened, onClose, title, children }: ActionDialogProps) {
  return <Modal opened={opened} onClose={onClose} title={title}>{children}</Modal>;
}

export const reasonFault = (text: string): string | null => (text.trim().length < 3 ? 'Give a reason; it is kept.' : null);
