import { Stack } from '@mantine/core';
import type { DestinationKind } from '@waybill/contracts';
import { More } from '../elements/more.js';
import type { JsonSchema } from './json-schema.js';
import { layoutOf } from './layouts.js';
import { SchemaFields } from './schema-field.js';
import { SecretFields } from './secret-fields.js';
import type { Draft, Faults } from './settings-draft.js';

interface DestinationFieldsProps {
  readonly kind: DestinationKind;
  readonly settings: Draft;
  readonly onSettings: (settings: Draft) => void;
  readonly secrets: Readonly<Record<string, string>>;
  readonly onSecrets: (secrets: Readonly<Record<string, string>>) => void;
  readonly faults: Faults;
  /** Settings are changed, not given for the first time. */
  readonly keeps?: boolean;
}

/** Names of the secrets that a form asks for: a kind without a layout asks for all. */
export function secretNames(kind: DestinationKind, settings: Draft): readonly string[] {
  return layoutOf(kind.kind)?.secrets?.(settings) ?? kind.secrets.map(({ name }) => name);
}

/** The settings of one destination: laid by hand where the kind is known, else as its schema says. */
export function DestinationFields({ kind, settings, onSettings, secrets, onSecrets, faults, keeps = false }: DestinationFieldsProps) {
  const schema = kind.settings as JsonSchema;
  const layout = layoutOf(kind.kind);
  const all = Object.keys(schema.properties ?? {});
  const first = layout === undefined ? all : layout.first.filter((name) => all.includes(name));
  const more = layout?.more?.filter((name) => all.includes(name)) ?? [];
  const rest = [...more, ...all.filter((name) => !first.includes(name) && !more.includes(name))];
  const notes = layout?.notes ?? {};
  const fields = { schema, value: settings, onChange: onSettings, faults, notes };
  const asked = secretNames(kind, settings);
  const secretFields = <SecretFields kind={kind} names={asked} values={secrets} onChange={onSecrets} faults={faults} keeps={keeps} />;
  return (
    <Stack gap="md">
      <SchemaFields {...fields} names={first} />
      {rest.length === 0 ? secretFields : (
        // A fault in a field that nobody sees would leave the button without an effect.
        <More label={`More about the ${layout?.title.toLowerCase() ?? 'destination'}`} forced={Object.keys(faults).some((path) => rest.includes(path.split('.')[0]!) || path.startsWith('secrets.'))}>
          <Stack gap="md">
            <SchemaFields {...fields} names={rest} />
            {secretFields}
          </Stack>
        </More>
      )}
    </Stack>
  );
}
