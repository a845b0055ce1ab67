import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = ['#eef7f7', '#d6ebec', '#aed8da', '#82c3c6', '#57adb1', '#35979c', '#1f8288', '#0f6d74', '#0b5960', '#07434a'];
const gray: MantineColorsTuple = ['#f6f8f8', '#eef1f1', '#e1e6e6', '#cfd6d7', '#b6c0c1', '#8a9798', '#5d6b6d', '#475456', '#303b3d', '#1b2425'];
/** The library's yellow and red are too light for text on their own tints. */
const yellow: MantineColorsTuple = ['#fff8e6', '#fdecc2', '#fad98a', '#f5c451', '#eeae26', '#d9920f', '#b87507', '#945b06', '#754705', '#5a3603'];
const red: MantineColorsTuple = ['#fdf0f0', '#fadcdc', '#f4b5b5', '#f09292', '#ec7a7a', '#d64545', '#c22f2f', '#a82424', '#8a1c1c', '#6b1414'];
const dark: MantineColorsTuple = ['#dfe5e6', '#b9c3c5', '#9aa7aa', '#758387', '#3a4548', '#2b3437', '#20282a', '#181e20', '#111617', '#0a0e0f'];

/** Fonts are the system's own: nothing is downloaded and text shows at once. */
const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const fontFamilyMonospace = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  colors: { petrol, gray, yellow, red, dark },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  white: '#ffffff',
  black: '#1b2425',
  fontFamily,
  fontFamilyMonospace,
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  headings: {
    fontFamily,
    fontWeight: '650',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  fontWeights: { regular: '400', medium: '550', bold: '650' },
  radius: { xs: '3px', sm: '6px', md: '8px', lg: '12px', xl: '24px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Table: { defaultProps: { borderColor: 'var(--waybill-line)' } },
    Paper: { defaultProps: { withBorder: true, radius: 'md' } },
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true }, multiline: true, maw: 280 } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } } },
    // A dialog's header is not a second banner of the page.
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } }, centered: true, styles: { title: { fontWeight: 650, fontSize: '1rem' } }, closeButtonProps: { 'aria-label': 'Close' }, transitionProps: { duration: 120 } } },
    Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 550, radius: 'sm' } },
    Select: { defaultProps: { openOnFocus: false, allowDeselect: false, checkIconPosition: 'right' } },
    Skeleton: { defaultProps: { radius: 'sm' } },
  },
});

/** Text and field borders that reach WCAG AA (4.5:1 and 3:1), where the library's defaults do not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-6)',
    '--mantine-color-placeholder': '#69777a',
    '--mantine-color-error': '#c22727',
    '--mantine-color-default-border': 'var(--mantine-color-gray-3)',
    '--mantine-color-disabled-color': '#69777a',
    '--waybill-ground': 'var(--mantine-color-gray-0)',
    '--waybill-line': 'var(--mantine-color-gray-2)',
    '--waybill-field-line': 'var(--mantine-color-gray-5)',
    '--waybill-code': 'var(--mantine-color-gray-1)',
    '--waybill-in': 'var(--mantine-color-petrol-7)',
    '--waybill-out': '#b3560b',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
    '--mantine-color-placeholder': '#8b999c',
    '--mantine-color-error': '#ff8f8f',
    '--mantine-color-disabled-color': '#8b999c',
    '--mantine-color-body': 'var(--mantine-color-dark-7)',
    '--mantine-color-petrol-light': 'rgba(87, 173, 177, 0.16)',
    '--mantine-color-petrol-light-hover': 'rgba(87, 173, 177, 0.24)',
    '--mantine-color-petrol-light-color': 'var(--mantine-color-petrol-2)',
    '--mantine-color-gray-light': 'rgba(255, 255, 255, 0.08)',
    '--mantine-color-gray-light-hover': 'rgba(255, 255, 255, 0.13)',
    '--mantine-color-gray-light-color': 'var(--mantine-color-dark-0)',
    '--mantine-color-red-light': 'rgba(240, 120, 120, 0.14)',
    '--mantine-color-red-light-hover': 'rgba(240, 120, 120, 0.2)',
    '--mantine-color-red-light-color': 'var(--mantine-color-red-2)',
    '--mantine-color-yellow-light': 'rgba(238, 174, 38, 0.14)',
    '--mantine-color-yellow-light-hover': 'rgba(238, 174, 38, 0.2)',
    '--mantine-color-yellow-light-color': 'var(--mantine-color-yellow-2)',
    '--waybill-ground': 'var(--mantine-color-dark-8)',
    '--waybill-line': 'var(--mantine-color-dark-5)',
    '--waybill-field-line': 'var(--mantine-color-dark-3)',
    '--waybill-code': 'var(--mantine-color-dark-6)',
    '--waybill-in': 'var(--mantine-color-petrol-4)',
    '--waybill-out': '#f0a35e',
  },
});
