// Sets the colour scheme before the first paint. A file of its own, so that a strict
// Content-Security-Policy (script-src 'self') lets it run. The key is the one in src/theme/color-scheme.ts.
(function () {
  let chosen = null;
  try {
    chosen = localStorage.getItem('waybill-color-scheme');
  } catch {
    // Storage may be switched off: the system's scheme is used then.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
