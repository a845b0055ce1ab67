import { Text } from '@mantine/core';
import type { ActorView } from '@waybill/contracts';
import { actorWords } from './actor-words.js';

/** Who did something; the id, which the books keep, is the title. */
export function Actor({ of }: { of: ActorView | null }) {
  return of === null ? <>–</> : <span className="name" title={of.id}>{actorWords(of)}</span>;
}

/** Who did what the history tells, and of a decision who had asked for it. */
export function Doer({ of: { actor, requestedBy } }: { of: { readonly actor: ActorView; readonly requestedBy: ActorView | null } }) {
  return <><Actor of={actor} />{requestedBy === null ? null : <Text size="xs" c="dimmed" component="div">asked by <Actor of={requestedBy} /></Text>}</>;
}
