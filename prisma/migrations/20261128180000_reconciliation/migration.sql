-- safe
-- The reconciliation report: what was found when all counts of an hour were last put beside each other, and when that was.

-- AlterTable
ALTER TABLE "usage_evidence" ADD COLUMN "units" JSONB;

-- CreateTable
CREATE TABLE "reconciliation_checks" (
    "tenant_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(0) NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "failure" TEXT,

    CONSTRAINT "reconciliation_checks_pkey" PRIMARY KEY ("tenant_id","period_start")
);

-- CreateTable
CREATE TABLE "reconciliation_rows" (
    "tenant_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(0) NOT NULL,
    "meter" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "log" BIGINT,
    "ledger" BIGINT NOT NULL,
    "entries" BIGINT NOT NULL,
    "late" BIGINT NOT NULL,
    "pushed" BIGINT,
    "summary" BIGINT,
    "invoice" BIGINT,
    "stripe_line" BIGINT,
    "cause" TEXT NOT NULL,
    "at_stake_e12" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "reconciliation_rows_pkey" PRIMARY KEY ("tenant_id","period_start","meter","scope","hour")
);

-- CreateIndex
CREATE INDEX "reconciliation_rows_period_start_hour_idx" ON "reconciliation_rows"("period_start", "hour");

ALTER TABLE "reconciliation_rows" ADD CONSTRAINT "reconciliation_rows_scope" CHECK ("scope" IN ('hour', 'period'));

-- A report is replaced by the next one.
GRANT SELECT, INSERT, UPDATE, DELETE ON "reconciliation_checks", "reconciliation_rows" TO waybill_runtime;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['reconciliation_checks', 'reconciliation_rows'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "tenant_isolation" ON %I USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id())', name);
    END LOOP;
END $$;
