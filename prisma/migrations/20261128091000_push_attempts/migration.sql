-- safe

-- CreateTable
CREATE TABLE "push_attempts" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "status" INTEGER,
    "reason" TEXT,
    "request_id" TEXT,
    "head" BYTEA NOT NULL,
    "batch_index" INTEGER NOT NULL,
    "batch_messages" INTEGER NOT NULL,

    CONSTRAINT "push_attempts_pkey" PRIMARY KEY ("tenant_id","namespace_id","subscription_id","started_at","id")
) PARTITION BY RANGE ("started_at");

-- CreateIndex
CREATE INDEX "push_attempts_tenant_id_namespace_id_message_id_started_at_idx" ON "push_attempts"("tenant_id", "namespace_id", "message_id", "started_at");

-- CreateIndex
CREATE INDEX "push_attempts_tenant_id_namespace_id_started_at_id_idx" ON "push_attempts"("tenant_id", "namespace_id", "started_at", "id");

-- CreateTable
CREATE TABLE "push_attempts_progress" (
    "namespace_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "last_entry" TEXT NOT NULL,

    CONSTRAINT "push_attempts_progress_pkey" PRIMARY KEY ("namespace_id")
);

-- CreateTable
CREATE TABLE "push_alerts" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "failing_since" TIMESTAMPTZ(3) NOT NULL,
    "percent" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "last_answer" TEXT NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "push_alerts_pkey" PRIMARY KEY ("tenant_id","namespace_id","subscription_id","failing_since","percent")
);

-- A partition a day, in a schema of their own: the runtime role reaches them through the table alone, so its policy holds
-- for them, and what is older than it is kept is dropped, not deleted row by row. The runtime role owns no table: these
-- two functions make and drop partitions for it, and nothing else.
CREATE SCHEMA "push_attempts_days";

CREATE FUNCTION push_attempts_make_day(day DATE) RETURNS VOID
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name TEXT := 'd' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass('push_attempts_days.' || name) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('push_attempts_days'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS push_attempts_days.%I PARTITION OF public.push_attempts FOR VALUES FROM (%L) TO (%L)',
        name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;

-- Drops the days before `day`; returns how many. Not the last seven, whoever asks.
CREATE FUNCTION push_attempts_drop_days(day DATE) RETURNS INTEGER
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    partition TEXT;
    dropped INTEGER := 0;
    bound DATE := least(day, (now() AT TIME ZONE 'UTC')::date - 6);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('push_attempts_days'));
    FOR partition IN SELECT relname FROM pg_class
        WHERE relnamespace = 'push_attempts_days'::regnamespace AND relkind = 'r' AND relname < 'd' || to_char(bound, 'YYYYMMDD') ORDER BY relname
    LOOP
        EXECUTE format('DROP TABLE push_attempts_days.%I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION push_attempts_make_day(DATE), push_attempts_drop_days(DATE) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION push_attempts_make_day(DATE), push_attempts_drop_days(DATE) TO waybill_runtime;

-- An attempt is never changed.
GRANT SELECT, INSERT ON "push_attempts" TO waybill_runtime;
GRANT SELECT, INSERT, UPDATE ON "push_attempts_progress" TO waybill_runtime;
GRANT SELECT, INSERT ON "push_alerts" TO waybill_runtime;

ALTER TABLE "push_attempts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "push_attempts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "push_attempts"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "push_attempts_progress" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "push_attempts_progress" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "push_attempts_progress"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "push_alerts" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "push_alerts" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "push_alerts"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
