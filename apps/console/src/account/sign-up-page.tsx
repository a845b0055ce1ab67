import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { signUp, type Body } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FailureAlert } from '../elements/failure-alert.js';
import { TextLink } from '../elements/links.js';
import { placeProblem } from '../elements/place-problem.js';
import { useArrive } from './account.js';
import { EntryPage } from './entry-page.js';
import { PasswordRules, passwordFault } from './password-rules.js';

export function SignUpPage() {
  const { next } = useSearch({ from: '/sign-up' });
  const arrive = useArrive();
  const [failure, setFailure] = useState<unknown>(null);
  const [password, setPassword] = useState('');
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '', tenantName: '' },
    onValuesChange: (values) => setPassword(values.password),
    validate: {
      email: (value) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : 'Enter an e-mail address, like name@company.com.'),
      password: passwordFault,
      tenantName: (value) => (value.trim() === '' ? 'Enter the name of your organisation.' : null),
    },
  });
  const enter = useMutation({
    mutationFn: (body: Body<typeof signUp>) => callOperation(signUp, { body }),
    onSuccess: (account) => arrive(account, next),
    onError: (error) => setFailure(placeProblem(error, form, ['email', 'password', 'tenantName'], { email_taken: 'email', password_too_weak: 'password' })),
  });
  return (
    <EntryPage
      title="Create your account"
      lead="You get an organisation with one namespace, ready for its first message."
      below={
        <>
          Already have an account?{' '}
          <TextLink to="/sign-in" search={next === undefined ? {} : { next }} underline="always">
            Sign in
          </TextLink>
        </>
      }
    >
      <form noValidate onSubmit={form.onSubmit((values) => { setFailure(null); enter.mutate({ email: values.email.trim(), password: values.password, tenantName: values.tenantName.trim() }); })}>
        <Stack gap="md">
          <TextInput label="E-mail" type="email" autoComplete="username" inputMode="email" autoFocus key={form.key('email')} {...form.getInputProps('email')} />
          <Stack gap={8}>
            <PasswordInput label="Password" autoComplete="new-password" aria-describedby="password-rules" key={form.key('password')} {...form.getInputProps('password')} />
            <PasswordRules id="password-rules" password={password} />
          </Stack>
          <TextInput label="Organisation name" autoComplete="organization" maxLength={80} key={form.key('tenantName')} {...form.getInputProps('tenantName')} />
          {failure === null ? null : <FailureAlert error={failure} />}
          <Button type="submit" loading={enter.isPending} fullWidth mt={4}>Create account</Button>
        </Stack>
      </form>
    </EntryPage>
  );
}
