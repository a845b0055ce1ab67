import type { OutgoingMessage } from '@waybill/client';
import { messageInput } from '@waybill/contracts';
import type { MessageInput } from '@waybill/contracts';
import { z } from 'zod';
import { UsageError } from './failure.js';

/** What a file may say: a body as text or base64, or a value under `json` that is sent as JSON. */
export const friendlyMessage = z.union([messageInput, messageInput.omit({ body: true, bodyEncoding: true }).extend({ json: z.unknown() }).strict()]);
export type FriendlyMessage = z.input<typeof friendlyMessage>;

/** The message as the API takes it. */
export function inputOf(message: FriendlyMessage): MessageInput {
  if (!('json' in message)) return message as MessageInput;
  const { json, ...rest } = message;
  return { contentType: 'application/json', ...rest, body: JSON.stringify(json) };
}

/** The message as the client takes it. */
export function outgoingOf(message: FriendlyMessage): OutgoingMessage {
  const { body, bodyEncoding, ...rest } = inputOf(message);
  return { ...rest, body: bodyEncoding === 'base64' ? Buffer.from(body, 'base64') : body };
}

/** One message of JSON text; `place` tells where it stands. */
export function parseInput(text: string, place: string): FriendlyMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${place}: this is no JSON.`, { cause });
  }
  const parsed = friendlyMessage.safeParse(value);
  if (parsed.success) return value as FriendlyMessage;
  throw new UsageError(`${place}: ${z.prettifyError(parsed.error).replace(/\n\s*/g, ' ')}`);
}
