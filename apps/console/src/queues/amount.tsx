import { NumberInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { seconds } from '../words/time.js';
import type { NumberField, QueueDraft } from './queue-draft.js';

export type QueueForm = UseFormReturnType<QueueDraft>;

/** What a number of seconds is, where one would have to reckon. */
export const inWords = (value: NumberField): string => (typeof value === 'number' && value >= 60 && value % 60 === 0 ? ` (${seconds(value)})` : '');

type NumberName = { [F in keyof QueueDraft]: number | string extends QueueDraft[F] ? F : never }[keyof QueueDraft];

interface AmountProps {
  readonly form: QueueForm;
  readonly field: NumberName;
  readonly bounds: { readonly least: number; readonly most: number };
  readonly label: string;
  readonly description: string;
}

/** A whole number or nothing. */
export function Amount({ form, field, bounds, label, description }: AmountProps) {
  return <NumberInput label={label} description={description} placeholder="none" min={bounds.least} max={bounds.most} clampBehavior="none" allowDecimal={false} thousandSeparator="," {...form.getInputProps(field)} />;
}
