import { Text } from '@mantine/core';
import type { ActorView } from '@waybill/contracts';
import { Breakable } from '../elements/breakable.js';
import { actorWords } from './actor-words.js';

/** Who did something; the id, which the books keep, is the title. */
export function Actor({ of }: { of: ActorView | null }) {
  return of === null ? <>–</> : <span className="words" title={of.id}><Breakable text={actorWords(of)} /></span>;
}

interface DoerProps {
  readonly of: { readonly actor: ActorView; readonly requestedBy: ActorView | null; readonly approvedBy: ActorView | null };
}

/** Who did what the history tells, who approved it, and of a decision who had asked for it. */
export function Doer({ of: { actor, requestedBy, approvedBy } }: DoerProps) {
  const others = [['asked by', requestedBy], ['approved by', approvedBy]] as const;
  return <><Actor of={actor} />{others.map(([what, who]) => (who === null ? null : <Text key={what} size="xs" c="dimmed" component="div">{what} <Actor of={who} /></Text>))}</>;
}
