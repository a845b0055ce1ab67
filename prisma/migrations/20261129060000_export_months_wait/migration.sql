-- safe
-- A run of a month waits without a time until every tenant has closed the month; workers of before leave it alone.
ALTER TABLE "export_runs" DROP CONSTRAINT "export_runs_state";
ALTER TABLE "export_runs" ADD CONSTRAINT "export_runs_state"
    CHECK ("state" IN ('waiting', 'running', 'done', 'failed') AND ("state" <> 'running' OR "next_at" IS NOT NULL) AND ("state" NOT IN ('done', 'failed') OR "next_at" IS NULL));
