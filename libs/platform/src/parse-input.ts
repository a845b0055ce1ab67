import { namePattern, routingKeyLimitBytes } from '@waybill/contracts';
import type { Operation, Parsed } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Issue } from '@waybill/kernel';
import { z } from 'zod';

interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body?: unknown;
}

type Part = 'params' | 'query' | 'body';
const prefixes: Record<Part, string> = { params: 'path.', query: 'query.', body: '' };

/**
 * Parses path, query and body by the operation's schemas; all faults are reported together. A name that does not fit
 * fails with `name_invalid` and an over-long pattern with `pattern_too_long` where the operation declares those codes,
 * everything else with `request_invalid`. Bodies of kind 'bytes' are not touched.
 */
export function parseInput<O extends Operation>(operation: O, raw: RawInput): Parsed<O> {
  const faults: { part: Part; issue: z.core.$ZodIssue }[] = [];
  const read = (part: Part): unknown => {
    const schema = operation[part];
    if (!(schema instanceof z.ZodType)) return undefined;
    const result = schema.safeParse(raw[part]);
    if (!result.success) faults.push(...result.error.issues.map((issue) => ({ part, issue })));
    return result.data;
  };
  const parsed = { params: read('params'), query: read('query'), body: read('body') };
  if (faults.length > 0) throw refusal(operation, faults);
  return parsed as Parsed<O>;
}

function refusal(operation: Operation, faults: readonly { part: Part; issue: z.core.$ZodIssue }[]): WaybillError {
  const issues = faults.flatMap(({ part, issue }) => describe(prefixes[part], issue));
  const declares = (code: 'name_invalid' | 'pattern_too_long'): boolean => operation.errors.includes(code);
  if (declares('name_invalid') && faults.some(({ issue }) => isNameFault(issue))) return new WaybillError('name_invalid', {}, { issues });
  if (declares('pattern_too_long') && faults.some(({ issue }) => isPatternFault(issue))) {
    return new WaybillError('pattern_too_long', { limitBytes: routingKeyLimitBytes }, { issues });
  }
  return new WaybillError('request_invalid', {}, { issues });
}

/** One entry per fault; `path` is dotted. The value itself is never repeated. */
function describe(prefix: string, issue: z.core.$ZodIssue): Issue[] {
  const path = `${prefix}${issue.path.map(String).join('.')}`;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [path, key].filter(Boolean).join('.'), message: 'is not known here' }));
  return [{ path: path || 'body', message: issue.message }];
}

function isNameFault(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_format' && issue.format === 'regex' && issue.pattern === namePattern.toString();
}

function isPatternFault(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'too_big' && issue.maximum === routingKeyLimitBytes && ['pattern', 'key'].includes(String(issue.path.at(-1)));
}
