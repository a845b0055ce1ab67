export const exportKinds = ['journal', 'invoice_lines', 'hour_rows', 'invoice_json', 'invoice_pdf'] as const;
export type ExportKind = (typeof exportKinds)[number];

/** How the name of the file ends. */
export const endings: Readonly<Record<ExportKind, string>> = { journal: 'csv', invoice_lines: 'csv', hour_rows: 'csv', invoice_json: 'ndjson', invoice_pdf: 'tar' };
