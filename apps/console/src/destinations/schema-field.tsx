import { Checkbox, Fieldset, JsonInput, NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { HeaderFields } from '../elements/header-fields.js';
import type { HeaderRow } from '../elements/header-rows.js';
import { labelOf, shapeOf, type JsonSchema } from './json-schema.js';
import type { FieldNotes } from './layouts.js';
import { variantDraft, type Draft, type Faults } from './settings-draft.js';

export interface SchemaFieldProps {
  readonly name: string;
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly faults: Faults;
  readonly notes: Readonly<Record<string, FieldNotes>>;
}

/** From this length on a text is given room for lines. */
const longText = 2_049;

/** One field as its schema says, with words of the layout where it has some. */
export function SchemaField(props: SchemaFieldProps) {
  const { name, path, schema: given, required, value, onChange, faults, notes } = props;
  if (given.const !== undefined) return null;
  const shape = shapeOf(given);
  const note = notes[path];
  const description = note?.description ?? given.description ?? shape.schema.description;
  const said = { label: note?.label ?? given.title ?? labelOf(name), ...(description ? { description } : {}), error: faults[path], withAsterisk: required && shape.kind !== 'variants' };
  const plain = { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false, placeholder: note?.placeholder ?? placeholderOf(given.default) };
  switch (shape.kind) {
    case 'text': {
      const typed = { ...said, ...plain, value: String(value ?? ''), onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value) };
      return (shape.schema.maxLength ?? 0) >= longText ? <Textarea {...typed} autosize minRows={3} maxRows={14} /> : <TextInput {...typed} />;
    }
    case 'number':
      return <NumberInput {...said} placeholder={note?.placeholder ?? placeholderOf(given.default)} clampBehavior="none" allowDecimal={shape.schema.type !== 'integer'} value={value as number | string} onChange={onChange} />;
    case 'flag':
      return <Checkbox label={said.label} {...(description ? { description } : {})} error={said.error} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'choice':
      return (
        <Select
          {...said} clearable={given.default === undefined && (shape.nullable || !required)} data={shape.options.map((option) => ({ value: option, label: note?.options?.[option] ?? labelOf(option) }))}
          value={(value as string | null) ?? null} onChange={onChange} clearButtonProps={{ 'aria-label': `Clear ${said.label}` }}
        />
      );
    case 'texts':
      return <TagsInput {...said} {...plain} value={value as string[]} onChange={onChange} acceptValueOnBlur splitChars={[',', ' ', ';']} clearable={false} />;
    case 'pairs':
      return <HeaderFields label={said.label} addLabel={note?.addLabel ?? 'Add'} rows={value as HeaderRow[]} onChange={onChange} error={said.error ?? null} />;
    case 'json':
      return <JsonInput {...said} {...plain} value={String(value ?? '')} onChange={onChange} formatOnBlur autosize minRows={4} maxRows={16} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }} />;
    case 'group':
      return (
        <Fieldset legend={said.label}>
          <SchemaFields {...props} schema={shape.schema} value={value as Draft} onChange={onChange} above={path} />
        </Fieldset>
      );
    case 'variants': {
      const draft = value as Draft;
      const variant = shape.variants.find((each) => each.value === draft[shape.by]) ?? shape.variants[0]!;
      return (
        <Stack gap="sm">
          <Select
            {...said}
            data={shape.variants.map((each) => ({ value: each.value, label: note?.options?.[each.value] ?? labelOf(each.value) }))}
            value={variant.value}
            onChange={(next) => onChange(variantDraft(shape.by, shape.variants.find((each) => each.value === next)!))}
          />
          <SchemaFields {...props} schema={variant.schema} value={draft} onChange={onChange} above={path} />
        </Stack>
      );
    }
  }
}

const placeholderOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

interface SchemaFieldsProps {
  readonly schema: JsonSchema;
  readonly value: Draft;
  readonly onChange: (value: Draft) => void;
  readonly faults: Faults;
  readonly notes: Readonly<Record<string, FieldNotes>>;
  /** Path of the object whose fields these are; empty at the top. */
  readonly above?: string;
  /** Which of them, in this order; all when left out. */
  readonly names?: readonly string[];
}

/** The fields of an object, one below the other. */
export function SchemaFields({ schema, value, onChange, faults, notes, above = '', names = Object.keys(schema.properties ?? {}) }: SchemaFieldsProps) {
  return (
    <Stack gap="md">
      {names.map((name) => {
        const path = above === '' ? name : `${above}.${name}`;
        const each = schema.properties?.[name];
        if (each === undefined || each.const !== undefined || notes[path]?.shown?.(value) === false) return null;
        return (
          <SchemaField
            key={path} name={name} path={path} schema={each} required={schema.required?.includes(name) ?? false}
            value={value[name]} onChange={(next) => onChange({ ...value, [name]: next })} faults={faults} notes={notes}
          />
        );
      })}
    </Stack>
  );
}
