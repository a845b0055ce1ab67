-- safe

-- Attempts that delivered a message at once, of one subscription, stored together: a row for each cost more processor time than
-- the call it tells of, in the table, three indexes and the log of changes. What failed stays a row, found by its message.
-- CreateTable
CREATE TABLE "push_attempt_segments" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "first_position" BIGINT NOT NULL,
    "last_position" BIGINT NOT NULL,
    "least_status" INTEGER NOT NULL,
    "most_status" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "ids" TEXT[],
    "message_ids" TEXT[],
    "started_ms" BIGINT[],
    "counted_ms" BIGINT[],
    "durations_ms" INTEGER[],
    "statuses" INTEGER[],
    "request_ids" TEXT[],
    "heads" BYTEA[],
    "batch_indexes" INTEGER[],
    "batch_messages" INTEGER[],

    CONSTRAINT "push_attempt_segments_pkey" PRIMARY KEY ("tenant_id","namespace_id","to_at","id")
) PARTITION BY RANGE ("to_at");

-- CreateIndex
CREATE INDEX "push_attempt_segments_tenant_id_namespace_id_last_position_idx" ON "push_attempt_segments"("tenant_id", "namespace_id", "last_position");

-- The partitions of a day, of both tables.
CREATE OR REPLACE FUNCTION push_attempts_make_day(day DATE) RETURNS VOID
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name TEXT := to_char(day, 'YYYYMMDD');
    first TIMESTAMPTZ := day::timestamp AT TIME ZONE 'UTC';
    after TIMESTAMPTZ := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass('push_attempts_days.d' || name) IS NOT NULL AND to_regclass('push_attempts_days.s' || name) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('push_attempts_days'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS push_attempts_days.%I PARTITION OF public.push_attempts FOR VALUES FROM (%L) TO (%L)', 'd' || name, first, after);
    EXECUTE format('CREATE TABLE IF NOT EXISTS push_attempts_days.%I PARTITION OF public.push_attempt_segments FOR VALUES FROM (%L) TO (%L)', 's' || name, first, after);
END
$$;

CREATE OR REPLACE FUNCTION push_attempts_drop_days(day DATE) RETURNS INTEGER
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name TEXT;
    dropped INTEGER := 0;
    bound DATE := least(day, (now() AT TIME ZONE 'UTC')::date - 6);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('push_attempts_days'));
    FOR name IN SELECT DISTINCT substr(relname, 2) FROM pg_class
        WHERE relnamespace = 'push_attempts_days'::regnamespace AND relkind = 'r' AND substr(relname, 2) < to_char(bound, 'YYYYMMDD') ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS push_attempts_days.%I, push_attempts_days.%I', 'd' || name, 's' || name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- Every attempt, however it is stored. `stretch_from` and `stretch_to`: within which the attempts stored together began; whoever
-- asks for a time names them too, so that segments outside of it are left alone. The policies of both tables hold for the asker.
CREATE VIEW "push_attempts_all" WITH (security_invoker = true) AS
    SELECT "tenant_id", "namespace_id", "subscription_id", "started_at", "id", "message_id", "attempt", "duration_ms", "outcome", "status", "reason", "request_id", "head",
        "batch_index", "batch_messages", "started_at" AS "stretch_from", "started_at" AS "stretch_to", NULL AS "segment_id"
    FROM "push_attempts"
    UNION ALL
    SELECT s."tenant_id", s."namespace_id", s."subscription_id", to_timestamp(a.started_ms / 1000.0), a.id, a.message_id, 1, a.duration_ms, 'delivered', a.status, NULL, a.request_id, a.head,
        a.batch_index, a.batch_messages, s."from_at", s."to_at", s."id"
    FROM "push_attempt_segments" s,
        unnest(s."ids", s."message_ids", s."started_ms", s."durations_ms", s."statuses", s."request_ids", s."heads", s."batch_indexes", s."batch_messages")
            AS a(id, message_id, started_ms, duration_ms, status, request_id, head, batch_index, batch_messages);

-- An attempt is never changed.
GRANT SELECT, INSERT ON "push_attempt_segments" TO waybill_runtime;
GRANT SELECT ON "push_attempts_all" TO waybill_runtime;

ALTER TABLE "push_attempt_segments" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "push_attempt_segments" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "push_attempt_segments"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
