import { invalid } from '../stripe-failure.js';
import type { PageQuery } from '../table.js';

/** Parameters of a call, read strictly: a value of the wrong kind is refused with Stripe's class of error. */
export class Params {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly prefix = '',
  ) {}

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === null) throw invalid(`Missing required param: ${this.#at(name)}.`, this.#at(name), 'parameter_missing');
    return value;
  }

  /** An empty string unsets, so it counts as absent. */
  optionalText(name: string): string | null {
    const value = this.values[name];
    if (value === undefined || value === null || value === '') return null;
    if (typeof value === 'object') throw invalid(`Invalid string: ${JSON.stringify(value)}`, this.#at(name));
    return String(value);
  }

  choice<const T extends string>(name: string, choices: readonly T[], otherwise: NoInfer<T>): T {
    const value = this.optionalText(name);
    if (value === null) return otherwise;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw invalid(`Invalid ${this.#at(name)}: must be one of ${choices.join(', ')}`, this.#at(name));
    return found;
  }

  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === null) throw invalid(`Missing required param: ${this.#at(name)}.`, this.#at(name), 'parameter_missing');
    return value;
  }

  optionalInteger(name: string): number | null {
    const text = this.optionalText(name);
    if (text === null) return null;
    if (!/^-?\d{1,15}$/.test(text)) throw invalid(`Invalid integer: ${text}`, this.#at(name), 'parameter_invalid_integer');
    return Number(text);
  }

  /** An amount in cents. */
  optionalAmount(name: string): bigint | null {
    const value = this.optionalInteger(name);
    return value === null ? null : BigInt(value);
  }

  /** At most twelve decimal places, as Stripe takes them. */
  optionalDecimal(name: string): string | null {
    const text = this.optionalText(name);
    if (text !== null && !/^-?\d+(\.\d{1,12})?$/.test(text)) throw invalid(`Invalid decimal: ${text}; at most 12 decimal places`, this.#at(name));
    return text;
  }

  optionalBoolean(name: string): boolean | null {
    const text = this.optionalText(name);
    if (text === null) return null;
    if (text !== 'true' && text !== 'false') throw invalid(`Invalid boolean: ${text}`, this.#at(name));
    return text === 'true';
  }

  inner(name: string): Params | null {
    const value = this.values[name];
    if (value === undefined || value === null || value === '') return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw invalid(`Invalid object`, this.#at(name));
    return new Params(value as Record<string, unknown>, this.#at(name));
  }

  list(name: string): Params[] {
    const value = this.values[name];
    if (value === undefined || value === null || value === '') return [];
    if (!Array.isArray(value)) throw invalid('Invalid array', this.#at(name));
    return value.map((item, index) => new Params(item as Record<string, unknown>, `${this.#at(name)}[${index}]`));
  }

  texts(name: string): string[] {
    const value = this.values[name];
    if (value === undefined || value === null || value === '') return [];
    if (!Array.isArray(value)) throw invalid('Invalid array', this.#at(name));
    return value.map(String);
  }

  /** Keys set to an empty string are taken away from what was there. */
  metadata(before: Readonly<Record<string, string>> = {}): Record<string, string> {
    const given = this.inner('metadata');
    if (given === null) return { ...before };
    const merged = { ...before, ...Object.fromEntries(Object.entries(given.values).map(([key, value]) => [key, String(value)])) };
    return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
  }

  page(): PageQuery {
    const limit = this.optionalInteger('limit') ?? 10;
    if (limit < 1 || limit > 100) throw invalid('limit must be between 1 and 100', 'limit');
    return { limit, startingAfter: this.optionalText('starting_after'), endingBefore: this.optionalText('ending_before') };
  }

  #at(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}[${name}]`;
  }
}
