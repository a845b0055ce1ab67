import { Group, NumberInput, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { weightLimit, type RoutedKind } from '@waybill/contracts';
import type { BindingDraft } from './binding-draft.js';

/** How much a binding gets of what others match too. */
export function BindingShareFields({ form, kind }: { form: UseFormReturnType<BindingDraft>; kind: RoutedKind }) {
  const weight = <NumberInput label="Weight" flex={1} min={1} max={weightLimit} allowDecimal={false} {...form.getInputProps('weight')} />;
  if (kind === 'consistent-hash') return weight;
  return (
    <Group align="flex-start" gap="sm" wrap="nowrap">
      <TextInput
        label="Split"
        flex={2}
        description="Optional. Of the matching bindings with the same split only one takes a message, by weight: 95 and 5 send one in twenty to the canary."
        placeholder="none"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        {...form.getInputProps('split')}
      />
      {form.values.split === '' ? null : weight}
    </Group>
  );
}
