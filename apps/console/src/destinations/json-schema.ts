/** As much of JSON Schema (2020-12) as settings of a destination use; what lies beyond is edited as JSON. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Variant {
  readonly value: string;
  readonly schema: JsonSchema;
}

/** What kind of field a schema asks for. */
export type Shape =
  | { readonly kind: 'text' | 'number' | 'flag' | 'texts' | 'pairs' | 'group' | 'json'; readonly nullable: boolean; readonly schema: JsonSchema }
  | { readonly kind: 'choice'; readonly nullable: boolean; readonly schema: JsonSchema; readonly options: readonly string[] }
  /** One of several objects, told apart by a property that is constant in each. */
  | { readonly kind: 'variants'; readonly nullable: boolean; readonly schema: JsonSchema; readonly by: string; readonly variants: readonly Variant[] };

export function shapeOf(given: JsonSchema): Shape {
  const branches = given.oneOf ?? given.anyOf;
  const others = branches?.filter(({ type }) => type !== 'null');
  const nullable = (branches !== undefined && others!.length < branches.length) || (Array.isArray(given.type) && given.type.includes('null'));
  if (others?.length === 1) return { ...shapeOf(others[0]!), nullable };
  if (others !== undefined && others.length > 1) return variantsOf(given, others, nullable) ?? { kind: 'json', nullable, schema: given };
  const type = typeof given.type === 'string' ? given.type : given.type?.find((each) => each !== 'null');
  const shape = (kind: 'text' | 'number' | 'flag' | 'texts' | 'pairs' | 'group' | 'json') => ({ kind, nullable, schema: given });
  if (given.enum?.every((each) => typeof each === 'string') === true) return { kind: 'choice', nullable, schema: given, options: given.enum as string[] };
  if (type === 'string') return shape('text');
  if (type === 'number' || type === 'integer') return shape('number');
  if (type === 'boolean') return shape('flag');
  if (type === 'array' && given.items?.type === 'string') return shape('texts');
  if (type === 'object' && given.properties !== undefined) return shape('group');
  if (type === 'object' && typeof given.additionalProperties === 'object' && given.additionalProperties.type === 'string') return shape('pairs');
  return shape('json');
}

function variantsOf(schema: JsonSchema, branches: readonly JsonSchema[], nullable: boolean): Shape | null {
  const by = Object.keys(branches[0]?.properties ?? {}).find((name) => branches.every((branch) => typeof branch.properties?.[name]?.const === 'string'));
  if (by === undefined) return null;
  return { kind: 'variants', nullable, schema, by, variants: branches.map((branch) => ({ value: String(branch.properties![by]!.const), schema: branch })) };
}

/** `tokenUrl` as a label: "Token URL". */
export function labelOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').toLowerCase();
  const spelled = words.replace(/\b(url|http|https|json|tls|smtp|ip|api)\b/g, (word) => word.toUpperCase());
  return spelled.charAt(0).toUpperCase() + spelled.slice(1);
}
