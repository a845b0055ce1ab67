import { isUtf8 } from 'node:buffer';
import { WaybillError } from '@waybill/kernel';

/** What no property may carry: records, logs and the headers of an answer rest on it. The tab is allowed, as in HTTP. */
const controlCharacter = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;

/**
 * The text of a header: Node reads its bytes as Latin-1, ours are UTF-8. Fails with `text_invalid`. ASCII needs no
 * look: Node's parser lets no control character through.
 */
export function headerText(value: string, name: string): string {
  for (let i = 0; i < value.length; i += 1) {
    if (value.charCodeAt(i) > 127) return decoded(value, name);
  }
  return value;
}

function decoded(value: string, name: string): string {
  const bytes = Buffer.from(value, 'latin1');
  if (!isUtf8(bytes)) throw new WaybillError('text_invalid', { field: name });
  return plainText(bytes.toString('utf8'), name);
}

/** Of a text of JSON or CBOR. A lone surrogate has no UTF-8. */
export function isPlain(value: string): boolean {
  return !controlCharacter.test(value) && value.isWellFormed();
}

/** The text when it {@link isPlain}; else fails with `text_invalid`. */
export function plainText(value: string, field: string): string {
  if (!isPlain(value)) throw new WaybillError('text_invalid', { field });
  return value;
}
