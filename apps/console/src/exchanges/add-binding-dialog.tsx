import { Input, Modal, SegmentedControl, Select, Stack, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { putBindings, routingKeyLimitBytes, type RoutedKind } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { FormFoot } from '../elements/form-foot.js';
import { HeaderFields } from '../elements/header-fields.js';
import { headerFaults } from '../elements/header-rows.js';
import { notice } from '../elements/notice.js';
import { placeProblem } from '../elements/place-problem.js';
import { queuesQuery, useRefreshTopology } from '../queues/queries.js';
import { bindingBodyOf, emptyBinding, filterFault, splitFault, weightFault, type BindingDraft } from './binding-draft.js';
import { BindingShareFields } from './binding-share-fields.js';
import { noRuleWords, patternFault, patternWords } from './kinds.js';
import { exchangesQuery } from './queries.js';

interface AddBindingDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly namespace: string;
  readonly exchange: { readonly name: string; readonly kind: RoutedKind };
}

export function AddBindingDialog({ opened, onClose, ...rest }: AddBindingDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add binding from ${rest.exchange.name}`}>
      <AddBindingForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function AddBindingForm({ onClose, namespace, exchange: { name, kind } }: Omit<AddBindingDialogProps, 'opened'>) {
  const queues = useInfiniteQuery(queuesQuery(namespace)).data ?? [];
  const exchanges = useInfiniteQuery(exchangesQuery(namespace)).data ?? [];
  const refresh = useRefreshTopology(namespace);
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<BindingDraft>({
    initialValues: emptyBinding(kind),
    validateInputOnChange: ['pattern'],
    validate: {
      destination: (value) => (value === '' ? 'Choose a queue or an exchange.' : null),
      pattern: (value) => patternFault(kind, value, routingKeyLimitBytes),
      headers: (rows, { absent }) => (rows.length === 1 && rows[0]?.name === '' && absent.length > 0 ? null : headerFaults(rows)),
      filter: filterFault,
      split: splitFault,
      weight: weightFault,
    },
  });
  const add = useMutation({
    mutationFn: async (draft: BindingDraft) => {
      const { items } = await callOperation(putBindings, { params: { namespace, exchange: name }, body: { bindings: [bindingBodyOf(draft, kind)] } });
      await refresh();
      return items[0]?.created !== false;
    },
    onSuccess: (created) => {
      notice(created ? 'Binding added.' : 'This binding was there already.');
      onClose();
    },
    onError: (error) =>
      setFailure(placeProblem(error, form, ['destination', 'pattern', 'headers', 'match', 'absent', 'filter', 'split', 'weight'], {
        pattern_invalid: 'pattern', pattern_too_long: 'pattern', filter_invalid: 'filter', name_invalid: 'split', binding_loop: 'destination', queue_not_found: 'destination',
      })),
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
        {noRuleWords[kind] === undefined ? null : <Text size="sm" c="dimmed">{noRuleWords[kind]}</Text>}
        {kind === 'headers' ? (
          <>
            <Input.Wrapper label="A message must carry" labelElement="div">
              <SegmentedControl mt={4} fullWidth aria-label="A message must carry" data={[{ value: 'all', label: 'all of these' }, { value: 'any', label: 'any of these' }]} {...form.getInputProps('match')} />
            </Input.Wrapper>
            <HeaderFields label="Headers" addLabel="Add header" rows={form.values.headers} onChange={(rows) => form.setFieldValue('headers', rows)} error={form.errors['headers']} />
            <TagsInput label="And must not carry" description="Headers that keep a message out. Press Enter after each." maxTags={64} {...form.getInputProps('absent')} />
          </>
        ) : null}
        {kind === 'filter' ? (
          <Textarea
            label="Filter"
            description="What headers, properties and the JSON body must look like, in the syntax of EventBridge patterns. Empty takes every message."
            placeholder={'{"body": {"total": [{"numeric": [">", 100]}]}}'}
            autosize
            minRows={4}
            maxRows={16}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            {...form.getInputProps('filter')}
          />
        ) : null}
        <BindingShareFields form={form} kind={kind} />
        <FormFoot failure={failure} pending={add.isPending} submit="Add binding" onCancel={onClose} />
      </Stack>
    </form>
  );
}
