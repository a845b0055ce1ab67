import type { ActorView } from '@waybill/contracts';

/** A person by e-mail address; who has no account any more, a key and a part of the service by id. */
export function actorWords({ id, email }: ActorView): string {
  if (email !== null) return email;
  if (id.startsWith('usr_')) return `${id}, who has no account any more`;
  return id.startsWith('key_') ? `API key ${id}` : `${id}, by itself`;
}
