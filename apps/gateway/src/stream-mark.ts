import { randomBytes } from 'node:crypto';

/**
 * Receipts given out through a stream end with the mark of that stream. So whoever settles one, at any gateway, can
 * tell the stream that it may take the next message, and settlements of other consumers cost nothing.
 */
export type StreamMark = string;

const markCharacters = 17;
const shape = /^(.*)(~[0-9a-f]{16})$/;

export function newStreamMark(): StreamMark {
  return `~${randomBytes(8).toString('hex')}`;
}

/** The broker's receipt, and the mark of the stream it was given out through. */
export function splitReceipt(text: string): { receipt: string; mark?: StreamMark } {
  // Most have none: they are not searched from every character.
  if (text[text.length - markCharacters] !== '~') return { receipt: text };
  const [, receipt, mark] = shape.exec(text) ?? [];
  return receipt === undefined || mark === undefined ? { receipt: text } : { receipt, mark };
}
