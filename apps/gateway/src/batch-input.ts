import type { OutgoingMessage } from '@waybill/broker';
import { batchLimit } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import { decodeCbor, parsedJson } from '@waybill/platform';
import { messageOf } from './message-input.js';
import type { MessageRules } from './message-input.js';

export interface Batch {
  readonly mode: 'all' | 'each';
  /** In order; in mode `each` a message that does not fit is the error that says so. */
  readonly messages: readonly (OutgoingMessage | WaybillError)[];
}

/**
 * The messages of a batch body. Fails with `request_malformed_json`, `text_invalid`, `body_too_deep`, `request_invalid`,
 * `batch_too_large`, and in mode `all` with `batch_invalid` (with the index) when a message does not fit.
 */
export const batchOf = (body: Buffer, rules: MessageRules): Batch => checked(parsedJson(body), rules);

/** The same in CBOR; bodies that are byte strings are views of `body`. Fails with `request_malformed_cbor` instead. */
export const cborBatchOf = (body: Buffer, rules: MessageRules): Batch => checked(decodeCbor(body), rules);

function checked(parsed: unknown, rules: MessageRules): Batch {
  const { messages, mode } = outerOf(parsed);
  if (messages.length > batchLimit) throw new WaybillError('batch_too_large', { limit: batchLimit });
  return {
    mode,
    messages: messages.map((input, index) => {
      try {
        return messageOf(input, rules);
      } catch (error) {
        if (!(error instanceof WaybillError)) throw error;
        if (mode === 'each') return error;
        throw invalidMessage(index, error);
      }
    }),
  };
}

function outerOf(parsed: unknown): { messages: readonly unknown[]; mode: 'all' | 'each' } {
  const { messages, mode = 'all', ...rest } = (typeof parsed === 'object' && parsed !== null && !Buffer.isBuffer(parsed) ? parsed : {}) as Record<string, unknown>;
  const refuse = (path: string, message: string) => new WaybillError('request_invalid', {}, { issues: [{ path, message }] });
  if (!Array.isArray(messages) || messages.length === 0) throw refuse('messages', 'must be an array with at least one message');
  if (mode !== 'all' && mode !== 'each') throw refuse('mode', 'must be "all" or "each"');
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refuse(unknown.slice(0, 64), 'is not known here');
  return { messages, mode };
}

/** Names the message that spoils the batch, with the reason it would be refused for alone. */
export function invalidMessage(index: number, error: WaybillError): WaybillError {
  const issues = error.issues.map(({ path, message }) => ({ path: `messages.${index}.${path}`, message }));
  const reason = error.issues[0] ? `${error.issues[0].path} ${error.issues[0].message}` : error.message.replace(/\.$/, '');
  return new WaybillError('batch_invalid', { index, reason }, { issues, cause: error });
}
