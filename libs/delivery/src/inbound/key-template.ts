import type { IncomingHttpHeaders } from 'node:http';
import { WaybillError } from '@waybill/kernel';

/** Routing keys end there (AMQP 0-9-1 short strings). */
const keyBytes = 255;
const placeholder = /\{\{\s*(header|body):([^{}]+?)\s*\}\}/g;
const deepestPath = 8;
/** What stands in a routing key for something the call does not bring. */
const absent = 'unknown';

/** What a call brings for the key. */
export interface KeySource {
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON, or undefined when it is none. */
  readonly json: () => unknown;
}
type Part = string | ((call: KeySource) => string);

/** Makes the template of a routing key ready. Fails with `setting_invalid`. */
export function keyTemplate(template: string): (call: KeySource) => string {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(placeholder)) {
    const [whole, area, name = ''] = match;
    parts.push(template.slice(end, match.index), area === 'header' ? headerPart(name) : bodyPart(name));
    end = match.index + whole.length;
  }
  parts.push(template.slice(end));
  const fixed = parts.filter((part) => typeof part === 'string').join('');
  if (/[{}\x00-\x20\x7f]/.test(fixed)) throw refused('it has words, dots, {{header:<name>}} and {{body:<path>}}');
  return (call) => cut(parts.map((part) => (typeof part === 'string' ? part : part(call))).join(''));
}

function headerPart(name: string): Part {
  const header = name.toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/.test(header)) throw refused(`"${name.slice(0, 64)}" is not the name of a header`);
  return ({ headers }) => {
    const value = headers[header];
    return word(Array.isArray(value) ? value[0] : value);
  };
}

function bodyPart(path: string): Part {
  const steps = path.split('.');
  if (steps.length > deepestPath || steps.includes('')) throw refused(`"${path.slice(0, 64)}" is not a path of at most ${deepestPath} steps`);
  return ({ json }) => {
    let value = json();
    for (const step of steps) value = typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
    return word(typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined);
  };
}

/** Dots stay, so that a type such as `customer.created` becomes two words; what no key should hold becomes "_". */
function word(value: string | undefined): string {
  const clean = (value ?? '').replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+|\.+$/g, '').replace(/\.{2,}/g, '.');
  return clean === '' ? absent : clean;
}

function cut(key: string): string {
  const bytes = Buffer.from(key);
  return bytes.length <= keyBytes ? key : bytes.subarray(0, keyBytes).toString('utf8').replace(/\ufffd$/, '');
}

function refused(reason: string): WaybillError {
  return new WaybillError('setting_invalid', { setting: 'key', reason });
}
