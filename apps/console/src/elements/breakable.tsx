import { Fragment } from 'react';

/** An address, URL or id that breaks where its parts meet before it breaks inside a word. */
export function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[@./_:?&=-])/).map((part, i) => <Fragment key={i}>{i === 0 ? null : <wbr />}{part}</Fragment>);
}
