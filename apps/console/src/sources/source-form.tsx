import { Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getSource, putSource, type Reply, type Source } from '@waybill/contracts';
import { useRef, useState, type FormEvent } from 'react';
import { callOperation } from '../api/control-plane.js';
import { ProblemError } from '../api/failure.js';
import { NameTaken, refuseTakenName } from '../api/name-taken.js';
import type { Faults } from '../destinations/settings-draft.js';
import { useFocusFault } from '../elements/focus-fault.js';
import { FormFoot } from '../elements/form-foot.js';
import { nameFault, nameRule } from '../words/names.js';
import { useRefreshSources } from './queries.js';
import { draftOfSource, newSource, sourceBody, sourceFaults } from './source-draft.js';
import { SourceFields } from './source-fields.js';

interface SourceFormProps {
  readonly namespace: string;
  /** Null for a new one. */
  readonly source: Source | null;
  readonly onSaved: (source: Reply<typeof putSource>) => void;
  readonly onCancel: () => void;
}

const byCode: Readonly<Record<string, string>> = { name_invalid: 'name', exchange_not_found: 'exchange' };

/** Creates a source, or changes the settings of one. */
export function SourceForm({ namespace, source, onSaved, onCancel }: SourceFormProps) {
  const refresh = useRefreshSources(namespace);
  const [name, setName] = useState(source?.name ?? '');
  const [draft, setDraft] = useState(() => (source === null ? newSource() : draftOfSource(source)));
  const [faults, setFaults] = useState<Faults>({});
  const [failure, setFailure] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);
  useFocusFault(form, faults);
  const save = useMutation({
    mutationFn: async () => {
      const params = { namespace, source: name };
      if (source === null) await refuseTakenName(name, () => callOperation(getSource, { params }));
      const saved = await callOperation(putSource, { params, body: sourceBody(draft, source?.paused ?? false) });
      await refresh();
      return saved;
    },
    onSuccess: onSaved,
    onError: (error) => {
      if (error instanceof NameTaken) return setFaults({ name: error.message });
      const problem = error instanceof ProblemError ? error.problem : null;
      const field = problem === null ? undefined : (byCode[problem.code] ?? (/the setting (\w+)/.exec(problem.detail)?.[1] as string | undefined));
      if (problem?.issues?.length) setFaults(Object.fromEntries(problem.issues.map(({ path, message }) => [path.replace(/^body\./, ''), message])));
      else if (field === 'key' || field === 'secret' || field === 'exchange' || field === 'name') setFaults({ [field]: problem!.detail });
      else setFailure(error);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    const wrongName = source === null ? nameFault(name) : null;
    const found = { ...(wrongName === null ? {} : { name: wrongName }), ...sourceFaults(draft, source === null) };
    setFaults(found);
    if (Object.keys(found).length === 0) save.mutate();
  };
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <Stack gap="md">
        {source === null ? <TextInput label="Name" description={nameRule} placeholder="github" withAsterisk autoComplete="off" autoCapitalize="none" spellCheck={false} data-autofocus value={name} onChange={(event) => { setFaults({}); setName(event.currentTarget.value); }} error={faults['name']} /> : null}
        <SourceFields namespace={namespace} draft={draft} onChange={(next) => { setFaults({}); setDraft(next); }} faults={faults} fresh={source === null} />
        <FormFoot failure={failure} pending={save.isPending} submit={source === null ? 'Create source' : 'Save settings'} onCancel={onCancel} />
      </Stack>
    </form>
  );
}
