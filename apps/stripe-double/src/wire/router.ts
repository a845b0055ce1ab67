import type { Handler, Handlers } from '../handler.js';

export interface Route {
  readonly operation: string;
  /** Null when the path is known and not played. */
  readonly handler: Handler | null;
  readonly ids: readonly string[];
}

interface Pattern {
  readonly operation: string;
  readonly segments: readonly string[];
}

/** Finds the operation of a path: concrete paths before templated ones. */
export class Router {
  readonly #patterns = new Map<string, Pattern[]>();

  /** @param known operations that exist whether they are played or not */
  constructor(
    private readonly handlers: Handlers,
    known: readonly string[],
  ) {
    for (const operation of new Set([...Object.keys(handlers), ...known])) {
      const [method = '', path = ''] = operation.split(' ');
      this.#patterns.set(method, [...(this.#patterns.get(method) ?? []), { operation, segments: path.split('/') }]);
    }
    const templates = (pattern: Pattern): number => pattern.segments.filter((segment) => segment.startsWith('{')).length;
    for (const patterns of this.#patterns.values()) patterns.sort((a, b) => templates(a) - templates(b));
  }

  /** Null when no operation has this path. */
  find(method: string, path: string): Route | null {
    const segments = path.split('/');
    for (const { operation, segments: pattern } of this.#patterns.get(method) ?? []) {
      if (pattern.length !== segments.length) continue;
      if (!pattern.every((part, i) => part.startsWith('{') || part === segments[i])) continue;
      const ids = segments.filter((_, i) => pattern[i]!.startsWith('{')).map(decodeURIComponent);
      return { operation, handler: this.handlers[operation] ?? null, ids };
    }
    return null;
  }
}
