import { ProblemError } from '../api/failure.js';
import { NameTaken } from '../api/name-taken.js';

interface FieldErrors<Field extends string> {
  setFieldError(field: Field, message: string): void;
}

/**
 * Puts a refusal on the fields it is about. `byCode` names the field of a code that is about one field;
 * `fields` are those the form has, for the issues of `request_invalid` (path ends in the field's name).
 * Answers the error if any of it found no field, for the alert; null when the fields say it all.
 */
export function placeProblem<Field extends string>(error: unknown, form: FieldErrors<Field>, fields: readonly Field[], byCode: Readonly<Record<string, Field>> = {}): unknown {
  const nameField = fields.find((name) => name === 'name');
  if (error instanceof NameTaken && nameField !== undefined) {
    form.setFieldError(nameField, error.message);
    return null;
  }
  if (!(error instanceof ProblemError)) return error;
  const { code, detail, issues = [] } = error.problem;
  const field = byCode[code];
  if (field !== undefined) {
    form.setFieldError(field, detail);
    return null;
  }
  let placed = 0;
  for (const issue of issues) {
    const own = fields.find((name) => issue.path.split('.').includes(name));
    if (own === undefined) continue;
    form.setFieldError(own, issue.message);
    placed += 1;
  }
  return issues.length > 0 && placed === issues.length ? null : error;
}
