import { PasswordInput, Textarea } from '@mantine/core';
import type { DestinationKind } from '@waybill/contracts';
import { labelOf } from './json-schema.js';

interface SecretFieldsProps {
  readonly kind: DestinationKind;
  /** Names of those to ask for. */
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
  readonly faults: Readonly<Record<string, string>>;
  /** Settings are changed: an empty field keeps what there is. */
  readonly keeps: boolean;
}

/** Keys and certificates have lines; everything else is one. */
const hasLines = /certificate|private|_key$|pem/;

/** What only the destination and we know. Typed here, never shown again. */
export function SecretFields({ kind, names, values, onChange, faults, keeps }: SecretFieldsProps) {
  return names.map((name) => {
    const secret = kind.secrets.find((each) => each.name === name);
    if (secret === undefined) return null;
    const field = {
      label: labelOf(name), description: secret.description, value: values[name] ?? '', error: faults[`secrets.${name}`], autoComplete: 'off', spellCheck: false,
      placeholder: keeps ? 'unchanged' : secret.generated ? 'made for you' : '',
      onChange: (event: { currentTarget: { value: string } }) => onChange({ ...values, [name]: event.currentTarget.value }),
    };
    return hasLines.test(name) ? <Textarea key={name} {...field} autosize minRows={3} maxRows={10} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }} /> : <PasswordInput key={name} {...field} visibilityToggleButtonProps={{ 'aria-label': `Show ${labelOf(name).toLowerCase()}` }} autoComplete="new-password" />;
  });
}
