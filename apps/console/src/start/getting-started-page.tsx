import { PageTitle } from '../elements/page-title.js';
import { GettingStarted } from './getting-started.js';

export function GettingStartedPage() {
  return (
    <>
      <PageTitle title="Getting started" />
      <GettingStarted />
    </>
  );
}
