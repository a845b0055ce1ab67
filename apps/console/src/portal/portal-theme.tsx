import { createTheme, MantineProvider, mergeThemeOverrides, type CSSVariablesResolver, type MantineColorSchemeManager } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { PortalTheme } from '@waybill/contracts';
import { useMemo, type ReactNode } from 'react';
import { cssVariables, theme as consoleTheme } from '../theme/theme.js';
import { accentShades, faded } from './accent.js';

/** Nothing is remembered: inside a frame of another site storage may be switched off. */
const forgetful: MantineColorSchemeManager = { get: (value) => value, set: () => undefined, subscribe: () => undefined, unsubscribe: () => undefined, clear: () => undefined };

/** The console's look in the colours of the tenant's own product. */
export function PortalLook({ theme, children }: { theme: PortalTheme; children: ReactNode }) {
  const { accentColor } = theme;
  const [look, variables] = useMemo(() => {
    if (accentColor === undefined) return [consoleTheme, cssVariables] as const;
    const petrol = accentShades(accentColor);
    const accented: CSSVariablesResolver = (each) => {
      const own = cssVariables(each);
      const dark = { ...own.dark, '--mantine-color-petrol-light': faded(petrol[4]!, 0.16), '--mantine-color-petrol-light-hover': faded(petrol[4]!, 0.24) };
      return { ...own, variables: { ...own.variables, '--portal-accent': accentColor }, dark };
    };
    return [mergeThemeOverrides(consoleTheme, createTheme({ colors: { petrol } })), accented] as const;
  }, [accentColor]);
  return (
    <MantineProvider theme={look} cssVariablesResolver={variables} defaultColorScheme="auto" colorSchemeManager={forgetful} {...(theme.scheme === 'auto' ? {} : { forceColorScheme: theme.scheme })}>
      {children}
      <Notifications position="bottom-left" containerWidth={340} limit={3} />
    </MantineProvider>
  );
}
