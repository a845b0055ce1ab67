import { localStorageColorSchemeManager } from '@mantine/core';

/** The key is also in public/color-scheme.js, which runs before this bundle. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'waybill-color-scheme' });
