-- safe
-- Finance may also have hour rows, and whole invoices as JSON and as PDF, sent by the clock.

ALTER TABLE "export_schedules" DROP CONSTRAINT "export_schedules_words";
ALTER TABLE "export_schedules" ADD CONSTRAINT "export_schedules_words" CHECK ("export" IN ('journal', 'invoice_lines', 'hour_rows', 'invoice_json', 'invoice_pdf') AND "every" IN ('daily', 'monthly'));
