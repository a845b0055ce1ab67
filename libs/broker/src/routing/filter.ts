/** A text, or the same without regard to upper and lower case. */
export type TextWanted = string | { readonly 'equals-ignore-case': string };

/** A leaf test on one value, in the JSON syntax of Amazon EventBridge event patterns. */
export type FilterTest =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: TextWanted }
  | { readonly suffix: TextWanted }
  | { readonly wildcard: string }
  | { readonly 'equals-ignore-case': string }
  | { readonly exists: boolean }
  | { readonly numeric: readonly (string | number)[] }
  | { readonly 'anything-but': string | number | readonly (string | number)[] | AnythingButText };

/** What no text may look like; of a list, none of them. */
export type AnythingButText =
  | { readonly prefix: string | readonly string[] }
  | { readonly suffix: string | readonly string[] }
  | { readonly wildcard: string | readonly string[] }
  | { readonly 'equals-ignore-case': string | readonly string[] };

/** Field names lead to tests (any of the array must hold) or to deeper fields; `$or` takes alternatives; all fields must hold. */
export type FilterNode = { readonly [field: string]: readonly FilterTest[] | FilterNode | readonly FilterNode[] };

/** What a filter exchange matches: headers, properties (key, contentType, group, ...) and the JSON body. All parts given must hold. */
export interface Filter {
  readonly headers?: FilterNode | undefined;
  readonly properties?: FilterNode | undefined;
  readonly body?: FilterNode | undefined;
  /** Alternatives of which one must hold. */
  readonly $or?: readonly Filter[] | undefined;
}

/** Properties a filter may name. */
export const filterProperties = ['key', 'contentType', 'group', 'dedupId', 'correlationId', 'priority'] as const;

/** What a definition may ask for; beyond it `filter_invalid`. */
export const filterLimits = {
  /** Fields or `$or` inside one another. */
  levels: 8,
  tests: 300,
  /** In all names and texts together. */
  characters: 16_384,
  nameCharacters: 256,
  textCharacters: 1_024,
  /** A pattern with `*`, and how many of them. */
  wildcardCharacters: 256,
  wildcards: 5,
  /** Beyond the safe integers two different numbers compare as equal. */
  number: Number.MAX_SAFE_INTEGER,
} as const;
