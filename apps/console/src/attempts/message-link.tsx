import { Text } from '@mantine/core';
import { TextLink } from '../elements/links.js';

/** From an attempt to everything that happened to its message. */
export function MessageLink({ namespace, message }: { namespace: string; message: string }) {
  return <Text size="sm"><TextLink inherit to="/namespaces/$namespace/messages/$message" params={{ namespace, message }}>Timeline of the message</TextLink></Text>;
}
