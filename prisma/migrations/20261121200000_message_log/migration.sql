-- safe

-- CreateTable
CREATE TABLE "message_log_progress" (
    "namespace_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "last_entry" TEXT NOT NULL,
    "events" BIGINT NOT NULL,

    CONSTRAINT "message_log_progress_pkey" PRIMARY KEY ("namespace_id")
);

-- CreateTable
CREATE TABLE "message_log_segments" (
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "first_event" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "events" INTEGER NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "min_position" BIGINT NOT NULL,
    "max_position" BIGINT NOT NULL,
    "kinds" INTEGER NOT NULL,
    "moved" BOOLEAN NOT NULL,
    "members" BYTEA NOT NULL,
    "payload" BYTEA NOT NULL,

    CONSTRAINT "message_log_segments_pkey" PRIMARY KEY ("namespace_id","hour","first_event")
);

-- CreateIndex
CREATE INDEX "message_log_segments_hour_idx" ON "message_log_segments" USING BRIN ("hour");

-- CreateTable
CREATE TABLE "message_log_terms" (
    "namespace_id" TEXT NOT NULL,
    "term" BIGINT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "first_event" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,

    CONSTRAINT "message_log_terms_pkey" PRIMARY KEY ("namespace_id","term","hour","first_event")
);

-- CreateIndex
CREATE INDEX "message_log_terms_namespace_id_hour_first_event_idx" ON "message_log_terms"("namespace_id", "hour", "first_event");

-- AddForeignKey
ALTER TABLE "message_log_terms" ADD CONSTRAINT "message_log_terms_namespace_id_hour_first_event_fkey" FOREIGN KEY ("namespace_id", "hour", "first_event") REFERENCES "message_log_segments"("namespace_id", "hour", "first_event") ON DELETE CASCADE ON UPDATE CASCADE;

-- Both are compressed or random already.
ALTER TABLE "message_log_segments" ALTER COLUMN "members" SET STORAGE EXTERNAL, ALTER COLUMN "payload" SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, UPDATE ON "message_log_progress" TO waybill_runtime;
-- Segments are never changed: they are joined into new ones, and deleted when their time is over.
GRANT SELECT, INSERT, DELETE ON "message_log_segments", "message_log_terms" TO waybill_runtime;

ALTER TABLE "message_log_progress" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "message_log_progress" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "message_log_progress"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "message_log_segments" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "message_log_segments" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "message_log_segments"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "message_log_terms" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "message_log_terms" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "message_log_terms"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
