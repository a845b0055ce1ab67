import type { Setting } from './config.js';

/** `.env.example`: every setting with its default, commented out, so that copying it changes nothing. */
export function envExample(settings: readonly Setting[]): string {
  const head = '# Settings of Waybill; generated from libs/platform/src/config.ts, see docs/configuration.md.\n# Copy what you change to .env or into the environment.\n';
  const entries = settings.map(({ name, description, secret, shownDefault }) => {
    const value = isValue(shownDefault) ? shownDefault : '';
    const note = shownDefault !== null && value === '' ? ` Default: ${shownDefault}.` : '';
    return `# ${description}${note}${secret ? ' Secret.' : ''}\n# ${name}=${value}\n`;
  });
  return `${head}\n${entries.join('\n')}`;
}

/** `docs/configuration.md`. */
export function configurationPage(settings: readonly Setting[]): string {
  const rows = settings.map(
    ({ name, description, secret, shownDefault }) =>
      `| \`${name}\` | ${description} | ${shownDefault === null ? 'none' : isValue(shownDefault) ? `\`${shownDefault}\`` : shownDefault} | ${secret ? 'yes' : ''} |`,
  );
  return `${[
    '# Configuration',
    '',
    'Every process reads the same environment variables, once, at start; it reports all faults together and refuses to',
    'start with one. An empty variable counts as absent. Secrets are masked wherever the configuration is printed.',
    'This page is generated from `libs/platform/src/config.ts` (`npm run pages` in `libs/platform`).',
    '',
    '| setting | meaning | default | secret |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}

/** Defaults that are described in words have blanks. */
function isValue(shownDefault: string | null): shownDefault is string {
  return shownDefault !== null && !shownDefault.includes(' ');
}
