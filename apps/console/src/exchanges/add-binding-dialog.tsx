import { Input, Modal, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { putBindings, routingKeyLimitBytes, type ExchangeKind } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { HeaderFields, headerFaults, headersOf, type HeaderRow } from '../elements/header-fields.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { queuesQuery, useRefreshTopology } from '../queues/queries.js';
import { patternFault, patternWords } from './kinds.js';
import { exchangesQuery } from './queries.js';

interface AddBindingDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly exchange: { readonly name: string; readonly kind: ExchangeKind };
}

export function AddBindingDialog({ opened, onClose, ...rest }: AddBindingDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add binding from ${rest.exchange.name}`}>
      <AddBindingForm onClose={onClose} {...rest} />
    </Modal>
  );
}

interface Draft {
  /** `queue:<name>` or `exchange:<name>`; a name holds no colon. */
  destination: string;
  pattern: string;
  headers: HeaderRow[];
  match: 'all' | 'any';
}

function bindingOf({ destination, pattern, headers, match }: Draft, kind: ExchangeKind) {
  const [what, name = ''] = destination.split(':');
  return {
    destination: what === 'queue' ? { queue: name } : { exchange: name },
    ...(patternWords[kind] === null ? {} : { pattern }),
    ...(kind === 'headers' ? { headers: headersOf(headers), match } : {}),
  };
}

function AddBindingForm({ onClose, namespace, exchange: { name, kind } }: Omit<AddBindingDialogProps, 'opened'>) {
  const queues = useInfiniteQuery(queuesQuery(namespace)).data ?? [];
  const exchanges = useInfiniteQuery(exchangesQuery(namespace)).data ?? [];
  const refresh = useRefreshTopology(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<Draft>({
    initialValues: { destination: '', pattern: '', headers: kind === 'headers' ? [{ id: 1, name: '', value: '' }] : [], match: 'all' },
    validateInputOnChange: ['pattern'],
    validate: {
      destination: (value) => (value === '' ? 'Choose a queue or an exchange.' : null),
      pattern: (value) => patternFault(kind, value, routingKeyLimitBytes),
      headers: headerFaults,
    },
  });
  const add = useMutation({
    mutationFn: async (draft: Draft) => {
      const { items } = await callOperation(putBindings, { params: { namespace, exchange: name }, body: { bindings: [bindingOf(draft, kind)] } });
      await refresh();
      return items[0]?.created !== false;
    },
    onSuccess: (created) => {
      notice(created ? 'Binding added.' : 'This binding was there already.');
      onClose();
    },
    onError: (error) =>
      setFailure(placeProblem(error, form, ['destination', 'pattern', 'headers', 'match'], { pattern_invalid: 'pattern', pattern_too_long: 'pattern', binding_loop: 'destination', queue_not_found: 'destination' })),
  });
  const others = exchanges.filter((exchange) => !exchange.builtIn && exchange.name !== name);
  const pattern = patternWords[kind];
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((draft) => {
        setFailure(null);
        add.mutate(draft);
      })}
    >
      <Stack gap="md">
        <Select
          label="Destination"
          description="A queue stores the message; another exchange routes it further."
          placeholder={queues.length + others.length === 0 ? 'Create a queue first' : 'Choose a queue or an exchange'}
          searchable
          nothingFoundMessage="Nothing has this name"
          data-autofocus
          data={[
            { group: 'Queues', items: queues.map((queue) => ({ value: `queue:${queue.name}`, label: queue.name })) },
            { group: 'Exchanges', items: others.map((exchange) => ({ value: `exchange:${exchange.name}`, label: `${exchange.name} (${exchange.kind})` })) },
          ].filter((group) => group.items.length > 0)}
          {...form.getInputProps('destination')}
        />
        {pattern === null ? null : <TextInput label="Pattern" description={pattern.description} placeholder={pattern.placeholder} autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('pattern')} />}
        {kind === 'fanout' ? <Text size="sm" c="dimmed">A fanout exchange passes every message on, so there is nothing to match.</Text> : null}
        {kind === 'headers' ? (
          <>
            <Input.Wrapper label="A message must carry" labelElement="div">
              <SegmentedControl mt={4} fullWidth aria-label="A message must carry" data={[{ value: 'all', label: 'all of these headers' }, { value: 'any', label: 'any of these headers' }]} {...form.getInputProps('match')} />
            </Input.Wrapper>
            <HeaderFields label="Headers" addLabel="Add header" rows={form.values.headers} onChange={(rows) => form.setFieldValue('headers', rows)} error={form.errors['headers']} />
          </>
        ) : null}
        <FormFoot failure={failure} pending={add.isPending} submit="Add binding" onCancel={onClose} />
      </Stack>
    </form>
  );
}
