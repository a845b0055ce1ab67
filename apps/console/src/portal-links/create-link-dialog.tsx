import { ColorInput, Modal, MultiSelect, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { createPortalLink, type Reply } from '@waybill/contracts';
import { useState } from 'react';
import { callOperation } from '../api/control-plane.js';
import { kindTitle } from '../destinations/destination-words.js';
import { FormFoot } from '../elements/form-foot.js';
import { More } from '../elements/more.js';
import { placeProblem } from '../elements/place-problem.js';
import { exchangesQuery } from '../exchanges/queries.js';
import { destinationKindsQuery } from '../subscriptions/queries.js';
import { CreatedLink } from './created-link.js';
import { linkBody, linkFields, linkRules, lives, newLinkDraft, type LinkDraft } from './link-draft.js';

export type MadeLink = Reply<typeof createPortalLink> & { readonly customer: string };

interface CreateLinkProps {
  readonly namespace: string;
  /** Known already, as on the page of a subscription. */
  readonly customer?: string | undefined;
  readonly onClose: () => void;
  readonly onMade?: () => unknown;
}

/** Two steps: for whom, then the link, which is shown once. */
export function CreateLinkDialog({ opened, onClose, ...rest }: CreateLinkProps & { readonly opened: boolean }) {
  const [made, setMade] = useState<MadeLink | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={made === null ? 'Make a portal link' : `Portal link for ${made.customer}`} closeOnClickOutside={made === null} size={made === null ? 'md' : 'xl'}>
      {made === null ? <CreateLinkForm {...rest} onClose={close} onLink={setMade} /> : <CreatedLink link={made} onDone={close} />}
    </Modal>
  );
}

function CreateLinkForm({ namespace, customer = '', onClose, onMade, onLink }: CreateLinkProps & { readonly onLink: (link: MadeLink) => void }) {
  const exchanges = useInfiniteQuery(exchangesQuery(namespace));
  const kinds = useQuery(destinationKindsQuery(namespace));
  const [failure, setFailure] = useState<unknown>(null);
  const form = useForm<LinkDraft>({ initialValues: newLinkDraft(customer, ''), validate: linkRules });
  const make = useMutation({
    mutationFn: async (draft: LinkDraft) => ({ ...(await callOperation(createPortalLink, { params: { namespace }, body: linkBody(draft) })), customer: draft.customer }),
    onSuccess: (link) => {
      onLink(link);
      void onMade?.();
    },
    onError: (error) => setFailure(placeProblem(error, form, linkFields, { exchange_not_found: 'exchange', exchange_unsuitable: 'exchange', destination_kind_unknown: 'kinds' })),
  });
  const routing = (exchanges.data ?? []).filter(({ kind, routesAs }) => kind === 'topic' || kind === 'direct' || (kind === 'delayed' && (routesAs === 'topic' || routesAs === 'direct')));
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((draft) => {
        setFailure(null);
        make.mutate(draft);
      })}
    >
      <Stack gap="md">
        <TextInput
          label="Customer" description="Your own name of the customer. Behind the link are the subscriptions of this customer, and nothing else." withAsterisk disabled={customer !== ''} autoComplete="off" autoCapitalize="none" spellCheck={false}
          {...form.getInputProps('customer')} onChange={(event) => { const next = event.currentTarget.value; form.setValues({ customer: next, keyPrefix: newLinkDraft(next, '').keyPrefix }); }}
        />
        <Select label="Exchange" description="Where its events come from: a topic or direct exchange." withAsterisk searchable placeholder={exchanges.data !== undefined && routing.length === 0 ? 'No such exchange yet' : 'Choose an exchange'} data={routing.map(({ name, kind }) => ({ value: name, label: `${name} (${kind})` }))} {...form.getInputProps('exchange')} />
        <TextInput label="Routing keys begin with" description="The customer gets only what is published under it. Empty: everything of the exchange." autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('keyPrefix')} />
        <Select label="Works for" description="It can be revoked before." allowDeselect={false} data={lives} {...form.getInputProps('minutes')} />
        <More label="Look and kinds of destination" forced={form.errors['kinds'] !== undefined || form.errors['accentColor'] !== undefined}>
          <Stack gap="md">
            <MultiSelect label="Kinds on offer" data={(kinds.data?.items ?? []).map(({ kind }) => ({ value: kind, label: kindTitle(kind) }))} {...form.getInputProps('kinds')} />
            <TextInput label="Title of the page" placeholder="Shop events" maxLength={60} {...form.getInputProps('name')} />
            <ColorInput label="Accent colour" placeholder="#0b7285" format="hex" {...form.getInputProps('accentColor')} />
            <SegmentedControl aria-label="Light or dark" data={[{ value: 'auto', label: 'As the browser' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]} {...form.getInputProps('scheme')} />
          </Stack>
        </More>
        <FormFoot failure={failure} pending={make.isPending} submit="Make link" onCancel={onClose} />
      </Stack>
    </form>
  );
}
