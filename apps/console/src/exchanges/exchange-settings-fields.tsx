import { NumberInput, Select, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useInfiniteQuery } from '@tanstack/react-query';
import { exchangeDelayLimitSeconds, routedKinds } from '@waybill/contracts';
import { inWords } from '../queues/amount.js';
import { hashOnWords, type ExchangeDraft } from './exchange-draft.js';
import { kindWords, routedAs } from './kinds.js';
import { exchangesQuery } from './queries.js';

interface ExchangeSettingsFieldsProps {
  readonly form: UseFormReturnType<ExchangeDraft>;
  readonly namespace: string;
  /** Of the exchange itself, which cannot be its own alternate. */
  readonly name: string;
}

/** What the chosen kind can be told, and where messages go that no binding takes. */
export function ExchangeSettingsFields({ form, namespace, name }: ExchangeSettingsFieldsProps) {
  const exchanges = useInfiniteQuery(exchangesQuery(namespace)).data ?? [];
  const { kind, hashOn, routesAs, delaySeconds } = form.values;
  return (
    <>
      {kind === 'delayed' ? (
        <>
          <NumberInput
            label="Delay seconds"
            description={`How long messages without a delay of their own wait${inWords(delaySeconds)}.`}
            min={0}
            max={exchangeDelayLimitSeconds}
            clampBehavior="none"
            allowDecimal={false}
            {...form.getInputProps('delaySeconds')}
          />
          <Select label="Matches bindings as" description={kindWords[routesAs]} data={[...routedKinds]} {...form.getInputProps('routesAs')} />
        </>
      ) : null}
      {routedAs(form.values) === 'consistent-hash' ? (
        <>
          <Select label="Messages stay together by" description="A message without it goes by its routing key." data={Object.entries(hashOnWords).map(([value, label]) => ({ value, label }))} {...form.getInputProps('hashOn')} />
          {hashOn === 'header' ? <TextInput label="Header" placeholder="customer" autoComplete="off" autoCapitalize="none" spellCheck={false} {...form.getInputProps('header')} /> : null}
        </>
      ) : null}
      <Select
        label="Alternate exchange"
        description="Takes the messages that no binding takes. Without one the publisher is told that nothing was stored."
        placeholder="none"
        clearable
        searchable
        nothingFoundMessage="No exchange is called this"
        clearButtonProps={{ 'aria-label': 'No alternate exchange' }}
        data={exchanges.filter((exchange) => !exchange.builtIn && exchange.name !== name).map((exchange) => exchange.name)}
        {...form.getInputProps('alternate')}
      />
    </>
  );
}
