import { PasswordInput, Select, Stack, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { DestinationKind } from '@waybill/contracts';
import { useState } from 'react';
import { FormFoot } from '../elements/form-foot.js';
import { secretLabel } from './shown-secrets.js';

export interface NewSecret {
  readonly name: string;
  readonly value?: string;
  readonly graceSeconds: number;
}

interface RotateSecretFormProps<Shown> {
  readonly kind: Pick<DestinationKind, 'secrets'>;
  readonly add: (secret: NewSecret) => Promise<Shown>;
  /** @param given whether the person knew the value already */
  readonly onAdded: (secret: Shown, given: boolean) => void;
  readonly onCancel: () => void;
}

const graces = [
  { value: '0', label: 'End at once' },
  { value: '3600', label: 'Stay live for an hour' },
  { value: '86400', label: 'Stay live for a day' },
  { value: '604800', label: 'Stay live for 7 days' },
];

/** A new secret beside the old ones of its name, which run out after a time of grace. */
export function RotateSecretForm<Shown>({ kind, add, onAdded, onCancel }: RotateSecretFormProps<Shown>) {
  const first = kind.secrets.find(({ generated }) => generated) ?? kind.secrets[0];
  const [name, setName] = useState(first?.name ?? 'signing');
  const [value, setValue] = useState('');
  const [grace, setGrace] = useState('86400');
  const [fault, setFault] = useState<string | null>(null);
  const chosen = kind.secrets.find((each) => each.name === name);
  const adding = useMutation({
    mutationFn: () => add({ name, graceSeconds: Number(grace), ...(value === '' ? {} : { value }) }),
    onSuccess: (shown) => onAdded(shown, value !== ''),
  });
  const lines = /certificate|_key$/.test(name);
  const field = {
    label: 'Value', description: chosen?.generated ? 'Leave it empty and Waybill makes one.' : (chosen?.description ?? ''), value, error: fault,
    onChange: (event: { currentTarget: { value: string } }) => { setFault(null); setValue(event.currentTarget.value); },
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (value === '' && chosen?.generated !== true) return setFault('Enter the value.');
        adding.mutate();
      }}
    >
      <Stack gap="md">
        {kind.secrets.length < 2 ? null : <Select label="Which" data={kind.secrets.map((each) => ({ value: each.name, label: secretLabel(each.name) }))} value={name} onChange={(next) => { setValue(''); setName(next ?? name); }} />}
        {lines ? <Textarea {...field} autosize minRows={3} maxRows={10} /> : <PasswordInput {...field} autoComplete="new-password" placeholder={chosen?.generated ? 'made for you' : ''} visibilityToggleButtonProps={{ 'aria-label': 'Show value' }} />}
        <Select label="The ones there are" data={graces} value={grace} onChange={(next) => setGrace(next ?? grace)} />
        <FormFoot failure={adding.error} pending={adding.isPending} submit="Add secret" onCancel={onCancel} />
      </Stack>
    </form>
  );
}
