import { Group } from '@mantine/core';
import type { LinkProps } from '@tanstack/react-router';
import { SectionLink } from './links.js';

export interface Section {
  readonly label: string;
  readonly to: NonNullable<LinkProps['to']>;
  /** The list's own address only, not what lies below it. */
  readonly exact?: boolean;
}

interface SectionsProps {
  readonly label: string;
  readonly sections: readonly Section[];
  readonly params?: Readonly<Record<string, string>>;
}

/** The pages of a room side by side: links, so each has an address of its own. */
export function Sections({ label, sections, params = {} }: SectionsProps) {
  return (
    <Group component="nav" aria-label={label} gap={4} mb="lg" className="sections">
      {sections.map(({ label: name, to, exact = false }) => (
        <SectionLink key={name} to={to} params={params as never} activeOptions={{ exact }} className="section-link">
          {name}
        </SectionLink>
      ))}
    </Group>
  );
}
