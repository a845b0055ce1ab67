import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { signIn } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { TextLink } from '../elements/links.js';
import { placeProblem } from '../elements/place-problem.js';
import { useArrive } from './account.js';
import { EntryPage } from './entry-page.js';

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' });
  const arrive = useArrive();
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '' },
    validate: {
      email: (value) => (value.trim() === '' ? 'Enter your e-mail address.' : null),
      password: (value) => (value === '' ? 'Enter your password.' : null),
    },
  });
  const enter = useMutation({
    mutationFn: (body: { email: string; password: string }) => callOperation(signIn, { body }),
    onSuccess: (account) => arrive(account, next),
    onError: (error) => setFailure(placeProblem(error, form, ['email', 'password'])),
  });
  return (
    <EntryPage
      title="Sign in"
      lead="Exchanges, queues and what they cost, in one place."
      below={
        <>
          New to Waybill?{' '}
          <TextLink to="/sign-up" search={next === undefined ? {} : { next }} underline="always">
            Create an account
          </TextLink>
        </>
      }
    >
      <form noValidate onSubmit={form.onSubmit((values) => { setFailure(null); enter.mutate({ ...values, email: values.email.trim() }); })}>
        <Stack gap="md">
          <TextInput label="E-mail" type="email" autoComplete="username" inputMode="email" autoFocus key={form.key('email')} {...form.getInputProps('email')} />
          <PasswordInput label="Password" autoComplete="current-password" key={form.key('password')} {...form.getInputProps('password')} />
          {failure === null ? null : <FailureAlert error={failure} />}
          <Button type="submit" loading={enter.isPending} fullWidth mt={4}>Sign in</Button>
        </Stack>
      </form>
    </EntryPage>
  );
}
