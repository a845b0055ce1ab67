import type { Plan } from './plan.js';

const signs = { create: '+', change: '~', delete: '-' } as const;

/** The plan for people. */
export function planText({ changes, left, conflicts }: Plan): string {
  const lines = changes.flatMap(({ action, kind, name, settings }) => [
    `${signs[action]} ${kind} ${name}${action === 'delete' && kind === 'queue' ? ' with its messages' : ''}`,
    ...settings.map(({ setting, old, new: value }) => `    ${setting}: ${action === 'change' ? `${shown(old)} -> ` : ''}${shown(value)}`),
  ]);
  const count = (wanted: string) => changes.filter(({ action }) => action === wanted).length;
  const sum = changes.length === 0 ? 'Nothing to do.' : `${count('create')} to create, ${count('change')} to change, ${count('delete')} to delete.`;
  const stays = left.length === 0 ? '' : ` ${left.length} not in the file ${left.length === 1 ? 'is' : 'are'} left alone (--prune deletes).`;
  return [...lines, ...conflicts.map((conflict) => `! ${conflict}`), `${sum}${stays}`].join('\n');
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'));
