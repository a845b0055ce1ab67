-- safe
-- What D5 to D9 are counted again from. While the index of push_attempts is built, attempts wait in Redis.

-- AlterTable
ALTER TABLE "push_attempts" ADD COLUMN "counted_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "push_attempt_segments" ADD COLUMN "counted_hour" TIMESTAMPTZ(0),
ADD COLUMN "counted_from" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "usage_samples" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "sampled_at" TIMESTAMPTZ(3) NOT NULL,
    "bytes" JSONB NOT NULL,

    CONSTRAINT "usage_samples_pkey" PRIMARY KEY ("tenant_id","namespace_id","hour")
);

-- CreateTable
CREATE TABLE "usage_recounts" (
    "dimension" TEXT NOT NULL,
    "since" TIMESTAMPTZ(0) NOT NULL,

    CONSTRAINT "usage_recounts_pkey" PRIMARY KEY ("dimension")
);

-- CreateIndex
CREATE INDEX "push_attempts_tenant_id_namespace_id_counted_at_subscriptio_idx" ON "push_attempts"("tenant_id", "namespace_id", "counted_at", "subscription_id", "id");

-- CreateIndex
CREATE INDEX "push_attempt_segments_tenant_id_namespace_id_counted_hour_s_idx" ON "push_attempt_segments"("tenant_id", "namespace_id", "counted_hour", "subscription_id", "counted_from", "id");

-- CreateIndex
CREATE INDEX "resource_lifetimes_tenant_id_namespace_id_name_born_at_idx" ON "resource_lifetimes"("tenant_id", "namespace_id", "name", "born_at");

-- Hours of before are no differences. A meter that came later is whole from the day after the first that has it; what is kept from now on is whole two
-- hours from now, when the processes of the version before are gone. An installation without a namespace has no before.
SELECT set_config('app.scope', 'system', false);
INSERT INTO "usage_recounts" ("dimension", "since")
SELECT meter.name, CASE
    WHEN NOT EXISTS (SELECT FROM "namespaces") OR meter.from_the_start THEN TIMESTAMPTZ 'epoch'
    WHEN meter.kept_before THEN coalesce((SELECT (min("day") + 1)::timestamp AT TIME ZONE 'UTC' FROM "usage_namespace_days" WHERE "dimension" = meter.name), date_trunc('hour', CURRENT_TIMESTAMP, 'UTC') + INTERVAL '2 hours')
    ELSE date_trunc('hour', CURRENT_TIMESTAMP, 'UTC') + INTERVAL '2 hours' END
FROM (VALUES
    ('mq_messages', true, true), ('mq_kib_in', true, true), ('mq_exchange_passes', true, true), ('mq_queue_passes', true, true),
    ('mq_message_units', false, true), ('mq_queue_minutes', false, true), ('mq_exchange_minutes', false, true),
    ('mq_kib_out', false, false), ('mq_push_attempts', false, false), ('mq_archive_mib_hours', false, false)
) AS meter(name, from_the_start, kept_before);
-- A dimension that is missing in what was counted again could not be; until now it was nothing that was found.
UPDATE "usage_evidence" SET "units" = '{"mq_messages":"0","mq_kib_in":"0","mq_exchange_passes":"0","mq_queue_passes":"0","mq_message_units":"0"}'::jsonb || "units" WHERE "units" IS NOT NULL;
SELECT set_config('app.scope', '', false);

-- A sample is never changed.
GRANT SELECT, INSERT ON "usage_samples" TO waybill_runtime;
GRANT SELECT ON "usage_recounts" TO waybill_runtime;

ALTER TABLE "usage_samples" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_samples" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_samples"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
