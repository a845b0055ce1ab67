import { Alert, Box, Group, Stack, Text } from '@mantine/core';
import type { ShownSecret } from '@waybill/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { labelOf } from '../destinations/json-schema.js';
import { CopyWords } from '../elements/copy.js';

interface ShownSecretsProps {
  readonly secrets: readonly Pick<ShownSecret, 'id' | 'name' | 'value'>[];
  /** Whether they can be shown again later. */
  readonly again?: boolean;
  /** Whether it is for who sends to us rather than for who receives from us. */
  readonly sender?: boolean;
}

/** New secrets in full; where nothing shows them again, with a warning. */
export function ShownSecrets({ secrets, again = false, sender = false }: ShownSecretsProps) {
  return (
    <Stack gap="sm">
      {again ? <Text size="sm">Your receiver checks with this secret that an event is genuine. Copy it there first.</Text> : <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title={`This is the only time the ${secrets.length === 1 ? 'secret is' : 'secrets are'} shown`}>
        {sender ? 'The sender signs with it. Store it there; if it is lost, make a new one.' : 'The receiver checks signatures with it. Store it there; if it is lost, make a new one.'}
      </Alert>}
      {secrets.map(({ id, name, value }) => (
        <Stack key={id} gap={4}>
          <Text size="sm" fw="var(--mantine-font-weight-medium)">{secretLabel(name)}</Text>
          <Group gap="xs" align="stretch">
            <Box component="code" tabIndex={0} role="textbox" aria-readonly="true" aria-label={secretLabel(name)} className="code-block" flex="1 1 260px" miw={0}>{value}</Box>
            <CopyWords value={value} label="Copy" />
          </Group>
        </Stack>
      ))}
    </Stack>
  );
}

/** What a secret is called: "Signing secret", "Password", "Client key". */
export const secretLabel = (name: string): string => (name === 'signing' ? 'Signing secret' : labelOf(name));
