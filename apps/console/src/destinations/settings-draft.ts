import { headerFaults, headersOf, type HeaderRow } from '../elements/header-rows.js';
import { shapeOf, type JsonSchema } from './json-schema.js';

/** Settings as fields hold them while a person types: texts, rows, and JSON as text. */
export type Draft = Readonly<Record<string, unknown>>;
/** What is wrong, by the path of the field: `auth.tokenUrl`. */
export type Faults = Readonly<Record<string, string>>;

/** Settings, or a kind's defaults where there are none, as fields hold them. */
export function draftOf(schema: JsonSchema, settings: Readonly<Record<string, unknown>> = {}): Draft {
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, fieldOf(each, settings[name] === undefined ? each.default : settings[name])]));
}

function fieldOf(given: JsonSchema, value: unknown): unknown {
  const shape = shapeOf(given);
  if (shape.kind === 'flag') return value === true;
  if (shape.kind === 'texts') return Array.isArray(value) ? value : [];
  if (shape.kind === 'pairs') return Object.entries((value ?? {}) as Record<string, string>).map(([name, each], id): HeaderRow => ({ id, name, value: each }));
  if (shape.kind === 'json') return value === undefined ? '' : JSON.stringify(value, null, 2);
  if (shape.kind === 'choice') return value ?? null;
  if (shape.kind === 'group') return draftOf(shape.schema, (value ?? {}) as Record<string, unknown>);
  if (shape.kind === 'variants') {
    const chosen = (value as Record<string, unknown> | null | undefined)?.[shape.by];
    const variant = shape.variants.find((each) => each.value === chosen) ?? shape.variants[0]!;
    return variantDraft(shape.by, variant, (value ?? {}) as Record<string, unknown>);
  }
  return value ?? '';
}

export function variantDraft(by: string, variant: { readonly value: string; readonly schema: JsonSchema }, settings: Readonly<Record<string, unknown>> = {}): Draft {
  return { ...draftOf(variant.schema, settings), [by]: variant.value };
}

/** What the fields say, without what was left empty: the kind's own defaults hold there. */
export function settingsOf(schema: JsonSchema, draft: Draft): Record<string, unknown> {
  const given = Object.entries(schema.properties ?? {}).map(([name, each]) => [name, valueOf(each, draft[name], schema.required?.includes(name) ?? false)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function valueOf(given: JsonSchema, field: unknown, required: boolean): unknown {
  const shape = shapeOf(given);
  const nothing = shape.nullable ? null : undefined;
  switch (shape.kind) {
    case 'pairs': return headersOf(field as HeaderRow[]);
    case 'texts': return (field as string[]).length === 0 && !required ? undefined : field;
    case 'number': return field === '' ? nothing : Number(field);
    case 'json': return String(field).trim() === '' ? nothing : parsed(String(field));
    case 'group': {
      const value = settingsOf(shape.schema, field as Draft);
      return !required && isEmptyGroup(shape.schema, value) ? undefined : value;
    }
    case 'variants': {
      const variant = shape.variants.find(({ value }) => value === (field as Draft)[shape.by])!;
      return { ...settingsOf(variant.schema, field as Draft), [shape.by]: variant.value };
    }
    case 'text': return field === '' ? nothing : typeof field === 'string' ? field.trim() : field;
    default: return field ?? nothing;
  }
}

/** A group that nobody must fill in and nobody has begun to. */
const isEmptyGroup = (schema: JsonSchema, value: Record<string, unknown>): boolean =>
  Object.entries(value).every(([name, each]) => each === schema.properties?.[name]?.default || each === false || each === null);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the kind would refuse, said before the request. `seen` tells which fields the form shows. */
export function draftFaults(schema: JsonSchema, draft: Draft, seen: (path: string) => boolean = () => true, above = ''): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    const path = above === '' ? name : `${above}.${name}`;
    if (each.const === undefined && seen(path)) Object.assign(faults, fieldFaults(each, draft[name], path, schema.required?.includes(name) ?? false, seen));
  }
  return faults;
}

function fieldFaults(given: JsonSchema, field: unknown, path: string, required: boolean, seen: (path: string) => boolean): Record<string, string> {
  const shape = shapeOf(given);
  const { schema } = shape;
  const says = (fault: string | null): Record<string, string> => (fault === null ? {} : { [path]: fault });
  switch (shape.kind) {
    case 'text': {
      const text = String(field ?? '').trim();
      if (text === '') return says(required ? 'Enter a value.' : null);
      if (text.length > (schema.maxLength ?? Infinity)) return says(`Use at most ${schema.maxLength} characters.`);
      return says(schema.pattern !== undefined && !matches(schema.pattern, text) ? 'This does not have the right form.' : null);
    }
    case 'number': {
      if (field === '') return says(required ? 'Enter a number.' : null);
      const [least, most] = [schema.minimum ?? -Infinity, schema.maximum ?? Infinity];
      const value = Number(field);
      if (Number.isNaN(value) || (schema.type === 'integer' && !Number.isInteger(value))) return says('Use a whole number.');
      return says(value < least ? `Use at least ${least}.` : value > most ? `Use at most ${most}.` : null);
    }
    case 'texts': {
      const texts = field as string[];
      if (texts.length < (schema.minItems ?? 0)) return says(schema.minItems === 1 ? 'Enter at least one.' : `Enter at least ${schema.minItems}.`);
      if (texts.length > (schema.maxItems ?? Infinity)) return says(`Enter at most ${schema.maxItems}.`);
      const odd = texts.find((text) => schema.items?.pattern !== undefined && !matches(schema.items.pattern, text));
      return says(odd === undefined ? null : `“${odd}” does not have the right form.`);
    }
    case 'pairs': return says(headerFaults(field as HeaderRow[]));
    case 'json': {
      const text = String(field).trim();
      if (text === '') return says(required ? 'Enter JSON.' : null);
      return says(parsed(text) === undefined ? 'This is not valid JSON.' : null);
    }
    case 'group': return !required && valueOf(given, field, false) === undefined ? {} : draftFaults(shape.schema, field as Draft, seen, path);
    case 'variants': {
      const variant = shape.variants.find(({ value }) => value === (field as Draft)[shape.by]);
      return variant === undefined ? {} : draftFaults(variant.schema, field as Draft, seen, path);
    }
    default: return says(required && (field === null || field === undefined) ? 'Choose one.' : null);
  }
}

/** A pattern that this browser cannot read refuses nothing: the server checks again. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

/** The paths of all fields as they are now, those of the chosen variants included. */
export function fieldPaths(schema: JsonSchema, draft: Draft, above = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    if (each.const !== undefined) return [];
    const path = above === '' ? name : `${above}.${name}`;
    const shape = shapeOf(each);
    if (shape.kind === 'group') return [path, ...fieldPaths(shape.schema, draft[name] as Draft, path)];
    if (shape.kind !== 'variants') return [path];
    const chosen = draft[name] as Draft;
    const variant = shape.variants.find(({ value }) => value === chosen[shape.by]);
    return [path, ...(variant === undefined ? [] : fieldPaths(variant.schema, chosen, path))];
  });
}

/** The field that an issue of the API is about, or the nearest one above it: `headers.x-a` is about `headers`. Null when there is none. */
export function fieldAt(path: string, fields: readonly string[]): string | null {
  for (let parts = path.split('.'); parts.length > 0; parts = parts.slice(0, -1)) {
    const found = parts.join('.');
    if (fields.includes(found)) return found;
  }
  return null;
}
