import { WaybillError } from '@waybill/kernel';
import type { OutgoingMessage } from '../destination.js';
import { base64Of, jsonBodyOf, textBodyOf } from './json-body.js';

/** Bounds of a template, and of what it makes. */
export const templateLimits = { bytes: 16_384, depth: 16, fields: 64, bodies: 4, pathSteps: 8, renderedChars: 16_777_216 } as const;

/** What a template makes of this message is longer than `renderedChars`: it repeats parts of a large body. */
export class RenderedTooLongError extends Error {}

type Value = string | number | undefined;
/** A field of the message as JSON text. */
type Field = (message: OutgoingMessage) => string;

const messageFields: Readonly<Record<string, (message: OutgoingMessage) => Value>> = {
  id: (message) => message.id,
  key: (message) => message.key,
  contentType: (message) => message.contentType,
  exchange: (message) => message.exchange,
  group: (message) => message.group,
  correlationId: (message) => message.correlationId,
  traceparent: (message) => message.traceparent,
  publishedAt: (message) => new Date(message.publishedAtMs).toISOString(),
  publishedAtMs: (message) => message.publishedAtMs,
};
const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * A JSON template made ready. A text that is one placeholder becomes the field itself, JSON if it is JSON; placeholders inside
 * a longer text become text. There is no code in it, and what a message holds cannot leave its text.
 */
export class JsonTemplate {
  readonly #parts: readonly (string | Field)[];

  /** Fails with `setting_invalid`, which names `setting`. */
  constructor(template: unknown, setting = 'template') {
    const text = template === undefined ? '' : JSON.stringify(template);
    const compiler = new Compiler(setting);
    if (text === '') throw compiler.refused('it is missing');
    if (Buffer.byteLength(text) > templateLimits.bytes) throw compiler.refused(`it has at most ${templateLimits.bytes} bytes`);
    compiler.value(template, 0);
    this.#parts = compiler.parts;
  }

  /** Throws RenderedTooLongError. */
  render(message: OutgoingMessage): string {
    let text = '';
    for (const part of this.#parts) {
      text += typeof part === 'string' ? part : part(message);
      if (text.length > templateLimits.renderedChars) throw new RenderedTooLongError();
    }
    return text;
  }
}

class Compiler {
  readonly parts: (string | Field)[] = [];
  #fields = 0;
  #bodies = 0;

  constructor(private readonly setting: string) {}

  refused(reason: string): WaybillError {
    return new WaybillError('setting_invalid', { setting: this.setting, reason });
  }

  value(value: unknown, depth: number): void {
    if (depth > templateLimits.depth) throw this.refused(`it is nested at most ${templateLimits.depth} levels deep`);
    if (typeof value === 'string') this.#text(value);
    else if (Array.isArray(value)) this.#list('[', ']', value, (item) => this.value(item, depth + 1));
    else if (typeof value === 'object' && value !== null) {
      this.#list('{', '}', Object.entries(value), ([name, item]) => {
        this.#add(`${JSON.stringify(name)}:`);
        this.value(item, depth + 1);
      });
    } else this.#add(JSON.stringify(value));
  }

  #list<T>(open: string, close: string, items: readonly T[], each: (item: T) => void): void {
    this.#add(open);
    items.forEach((item, index) => {
      if (index > 0) this.#add(',');
      each(item);
    });
    this.#add(close);
  }

  #text(text: string): void {
    const found = [...text.matchAll(placeholder)];
    const [only] = found;
    if (only === undefined) this.#add(JSON.stringify(text));
    else if (found.length === 1 && only[0] === text) this.parts.push(this.#field(only[1] as string));
    else {
      const pieces: (string | ((message: OutgoingMessage) => string))[] = [];
      let end = 0;
      for (const match of found) {
        const field = this.#field(match[1] as string);
        pieces.push(text.slice(end, match.index), (message) => asText(field(message)));
        end = match.index + match[0].length;
      }
      pieces.push(text.slice(end));
      this.parts.push((message) => JSON.stringify(pieces.map((piece) => (typeof piece === 'string' ? piece : piece(message))).join('')));
    }
  }

  #field(name: string): Field {
    this.#fields += 1;
    if (this.#fields > templateLimits.fields) throw this.refused(`it has at most ${templateLimits.fields} placeholders`);
    const [area, ...path] = name.split('.');
    if (area === 'body') {
      if (path.length === 0) this.#bodies += 1;
      if (this.#bodies > templateLimits.bodies) throw this.refused(`it names the whole body at most ${templateLimits.bodies} times`);
      if (path.length > templateLimits.pathSteps || path.includes('')) throw this.refused(`"${name}" is not a path of at most ${templateLimits.pathSteps} steps`);
      return path.length === 0 ? wholeBody : bodyPath(path);
    }
    const header = area === 'headers' ? name.slice('headers.'.length).toLowerCase() : '';
    if (header !== '') return (message) => json(Object.hasOwn(message.headers, header) ? message.headers[header] : undefined);
    const field = area === 'message' && path.length === 1 && Object.hasOwn(messageFields, path[0] as string) ? messageFields[path[0] as string] : undefined;
    if (field === undefined) throw this.refused(`"${name.slice(0, 64)}" is not known; there are message.<${Object.keys(messageFields).join('|')}>, headers.<name>, body and body.<path>`);
    return (message) => json(field(message));
  }

  #add(text: string): void {
    const last = this.parts.length - 1;
    if (typeof this.parts[last] === 'string') this.parts[last] = `${this.parts[last]}${text}`;
    else this.parts.push(text);
  }
}

const json = (value: unknown): string => JSON.stringify(value ?? null) ?? 'null';

function wholeBody(message: OutgoingMessage): string {
  return jsonBodyOf(message)?.text ?? json(textBodyOf(message) ?? base64Of(message.body));
}

function bodyPath(path: readonly string[]): Field {
  return (message) => {
    let value = jsonBodyOf(message)?.value;
    for (const step of path) value = typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
    return json(value);
  };
}

/** Inside a longer text a field is written as a person would: no quotes around text, nothing for what is absent. */
function asText(field: string): string {
  if (field === 'null') return '';
  return field.startsWith('"') ? (JSON.parse(field) as string) : field;
}

/** The same placeholders in a plain text. Fails with `setting_invalid`, which names `setting`. */
export function textTemplate(text: string, setting: string): (message: OutgoingMessage) => string {
  const template = new JsonTemplate(text, setting);
  return (message) => asText(template.render(message));
}
