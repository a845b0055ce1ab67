-- safe
-- Exports of finance that are sent to an object store by the clock, and each of their runs.

-- CreateTable
CREATE TABLE "export_schedules" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "export" TEXT NOT NULL,
    "every" TEXT NOT NULL,
    "target" JSONB NOT NULL,
    "sealed_secret" TEXT,
    "paused" BOOLEAN NOT NULL,
    "planned_due" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "export_schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "export_runs" (
    "schedule_id" TEXT NOT NULL,
    "due" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3),
    "turn" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "bytes" BIGINT,
    "sha256" TEXT,
    "object_key" TEXT,
    "error" TEXT,

    CONSTRAINT "export_runs_pkey" PRIMARY KEY ("schedule_id","due")
);

-- CreateIndex
CREATE UNIQUE INDEX "export_schedules_name_key" ON "export_schedules"("name");

-- CreateIndex
CREATE INDEX "export_runs_next_at_idx" ON "export_runs"("next_at");

-- AddForeignKey
ALTER TABLE "export_runs" ADD CONSTRAINT "export_runs_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "export_schedules"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "export_schedules" ADD CONSTRAINT "export_schedules_words" CHECK ("export" IN ('journal', 'invoice_lines') AND "every" IN ('daily', 'monthly'));
ALTER TABLE "export_runs" ADD CONSTRAINT "export_runs_state" CHECK ("state" IN ('waiting', 'running', 'done', 'failed') AND ("next_at" IS NULL) = ("state" IN ('done', 'failed')));

GRANT SELECT, INSERT, UPDATE, DELETE ON "export_schedules", "export_runs" TO waybill_runtime;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['export_schedules', 'export_runs'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "system_only" ON %I USING (app_is_system()) WITH CHECK (app_is_system())', name);
    END LOOP;
END $$;
