-- safe
-- usage_records is replaced by a table of the same name and columns, partitioned by month. A worker that books during the
-- move waits for it (its transaction ends after 15 s and is repeated); nothing else writes the ledger.

-- AlterTable
ALTER TABLE "usage_batches" ADD COLUMN "source" TEXT NOT NULL DEFAULT 'drain',
ADD COLUMN "note" TEXT;

-- The move
ALTER TABLE "usage_records" RENAME TO "usage_records_before";
ALTER TABLE "usage_records_before" RENAME CONSTRAINT "usage_records_pkey" TO "usage_records_before_pkey";

-- CreateTable
CREATE TABLE "usage_records" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "dimension" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "usage_records_pkey" PRIMARY KEY ("tenant_id","namespace_id","hour","dimension","cause","resource_id")
) PARTITION BY RANGE ("hour");

-- CreateTable
CREATE TABLE "usage_days" (
    "tenant_id" TEXT NOT NULL,
    "dimension" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "quantity" BIGINT NOT NULL,

    CONSTRAINT "usage_days_pkey" PRIMARY KEY ("tenant_id","dimension","namespace_id","resource_id","cause","day")
) PARTITION BY RANGE ("day");

-- CreateTable
CREATE TABLE "usage_watermarks" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "sealed_through" TIMESTAMPTZ(0) NOT NULL,
    "minutes_through" TIMESTAMPTZ(0) NOT NULL,
    "archive_through" TIMESTAMPTZ(0) NOT NULL,

    CONSTRAINT "usage_watermarks_pkey" PRIMARY KEY ("tenant_id","namespace_id")
);

-- CreateTable
CREATE TABLE "usage_hours" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL,
    "sealed_by" TEXT NOT NULL,
    "records" INTEGER NOT NULL,
    "sha256" BYTEA NOT NULL,

    CONSTRAINT "usage_hours_pkey" PRIMARY KEY ("tenant_id","namespace_id","hour")
);

-- CreateTable
CREATE TABLE "usage_evidence" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "kept" TEXT NOT NULL,
    "messages" BIGINT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "usage_evidence_pkey" PRIMARY KEY ("tenant_id","namespace_id","hour")
);

-- CreateTable
CREATE TABLE "usage_adjustments" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "dimension" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "delta" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "approver" TEXT,
    "booked_period" DATE,
    "batch_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "usage_adjustments_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "resource_lifetimes" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "born_at" TIMESTAMPTZ(3) NOT NULL,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "resource_lifetimes_pkey" PRIMARY KEY ("tenant_id","namespace_id","resource_id")
);

-- CreateTable
CREATE TABLE "publish_terms" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,
    "price" JSONB,
    "gate" JSONB,
    "published" BOOLEAN NOT NULL DEFAULT false,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "publish_terms_pkey" PRIMARY KEY ("tenant_id","namespace_id")
);

-- CreateIndex
CREATE INDEX "usage_adjustments_tenant_id_booked_period_idx" ON "usage_adjustments"("tenant_id", "booked_period");

-- CreateIndex
CREATE INDEX "usage_adjustments_tenant_id_namespace_id_hour_idx" ON "usage_adjustments"("tenant_id", "namespace_id", "hour");

-- CreateIndex
CREATE INDEX "resource_lifetimes_tenant_id_namespace_id_gone_at_idx" ON "resource_lifetimes"("tenant_id", "namespace_id", "gone_at");

-- CreateIndex
CREATE INDEX "publish_terms_published_namespace_id_idx" ON "publish_terms"("published", "namespace_id");

-- CreateIndex
CREATE INDEX "usage_watermarks_sealed_through_idx" ON "usage_watermarks"("sealed_through");

-- Rules that Prisma has no words for.
ALTER TABLE "usage_adjustments"
    ADD CONSTRAINT "usage_adjustments_two_persons" CHECK ("approver" IS NULL OR "approver" <> "actor"),
    ADD CONSTRAINT "usage_adjustments_delta" CHECK ("delta" <> 0 AND ("kind" = 'correction' OR "delta" > 0)),
    ADD CONSTRAINT "usage_adjustments_state" CHECK (
        ("kind" = 'late' AND "state" = 'approved' AND "booked_period" IS NOT NULL AND "batch_id" IS NOT NULL)
        OR ("kind" = 'correction' AND "batch_id" IS NULL AND (
            ("state" = 'proposed' AND "approver" IS NULL AND "booked_period" IS NULL)
            OR ("state" = 'approved' AND "approver" IS NOT NULL AND "booked_period" IS NOT NULL)
            OR ("state" = 'rejected' AND "approver" IS NOT NULL AND "booked_period" IS NULL))));
ALTER TABLE "usage_records" ADD CONSTRAINT "usage_records_quantity" CHECK ("quantity" >= 0);

/* The runtime role owns no tables and may make no partition but these. Waits for no one: whoever comes second finds it made. */
CREATE FUNCTION usage_ensure_month(of_day DATE) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day DATE := date_trunc('month', of_day::timestamp)::date;
    next_day DATE := (first_day + INTERVAL '1 month')::date;
    suffix TEXT := to_char(first_day, 'YYYYMM');
BEGIN
    IF first_day < DATE '2020-01-01' OR first_day > CURRENT_DATE + 400 THEN
        RAISE EXCEPTION 'no partition for %', of_day USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('usage_days_' || suffix) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('usage_ensure_month'));
    IF to_regclass('usage_days_' || suffix) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE usage_records INCLUDING ALL)', 'usage_records_' || suffix);
    EXECUTE format('ALTER TABLE usage_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'usage_records_' || suffix,
        to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(next_day, 'YYYY-MM-DD') || ' 00:00:00+00');
    EXECUTE format('CREATE TABLE %I (LIKE usage_days INCLUDING ALL)', 'usage_days_' || suffix);
    EXECUTE format('ALTER TABLE usage_days ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'usage_days_' || suffix, first_day, next_day);
END
$$;
REVOKE EXECUTE ON FUNCTION usage_ensure_month(DATE) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_ensure_month(DATE) TO waybill_runtime;

-- The ledger as it was. Its owner moves it, who is bound by row-level security like anybody else.
SELECT set_config('app.scope', 'system', false);
SELECT usage_ensure_month(month::date) FROM (
    SELECT date_trunc('month', "hour" AT TIME ZONE 'UTC') FROM "usage_records_before"
    UNION SELECT date_trunc('month', CURRENT_TIMESTAMP AT TIME ZONE 'UTC') + n * INTERVAL '1 month' FROM generate_series(0, 3) n
) months(month);
INSERT INTO "usage_records" SELECT * FROM "usage_records_before";
INSERT INTO "usage_days" SELECT "tenant_id", "dimension", "namespace_id", "resource_id", "cause", ("hour" AT TIME ZONE 'UTC')::date, sum("quantity")
    FROM "usage_records" GROUP BY 1, 2, 3, 4, 5, 6;
DROP TABLE "usage_records_before";

-- What exists has existed since its row was written.
INSERT INTO "resource_lifetimes" ("tenant_id", "namespace_id", "resource_id", "kind", "name", "born_at")
    SELECT "tenant_id", "namespace_id", "id", 'queue', "name", "created_at" FROM "queues"
    UNION ALL SELECT "tenant_id", "namespace_id", "id", 'exchange', "name", "created_at" FROM "exchanges";
-- Minutes and archive are counted from now on: nobody was told before that they would be.
INSERT INTO "usage_watermarks" SELECT "tenant_id", "id", TIMESTAMPTZ 'epoch',
    date_trunc('hour', CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', date_trunc('hour', CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    FROM "namespaces";
SELECT set_config('app.scope', '', false);

/* A sealed hour is never written again, whatever the program believes: late usage and corrections are adjustments. */
CREATE FUNCTION usage_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w JOIN usage_watermarks m USING (tenant_id, namespace_id) WHERE w."hour" < m.sealed_through) THEN
        RAISE EXCEPTION 'usage of a sealed hour is never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER "usage_records_sealed_insert" AFTER INSERT ON "usage_records" REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION usage_refuse_sealed();
CREATE TRIGGER "usage_records_sealed_update" AFTER UPDATE ON "usage_records" REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION usage_refuse_sealed();

/* What was decided stays decided. */
CREATE FUNCTION usage_refuse_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'proposed' OR (NEW.tenant_id, NEW.id, NEW.namespace_id, NEW.kind, NEW."hour", NEW.dimension, NEW.cause, NEW.resource_id, NEW.delta, NEW.reason, NEW.actor)
        IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.namespace_id, OLD.kind, OLD."hour", OLD.dimension, OLD.cause, OLD.resource_id, OLD.delta, OLD.reason, OLD.actor) THEN
        RAISE EXCEPTION 'an adjustment is decided once and never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER "usage_adjustments_decided" BEFORE UPDATE ON "usage_adjustments" FOR EACH ROW EXECUTE FUNCTION usage_refuse_decided();

GRANT SELECT, INSERT, UPDATE ON "usage_records", "usage_days", "usage_watermarks", "usage_adjustments" TO waybill_runtime;
GRANT SELECT, INSERT ON "usage_hours", "usage_evidence" TO waybill_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON "resource_lifetimes", "publish_terms" TO waybill_runtime;

ALTER TABLE "usage_records" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_records" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_records"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_days" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_days" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_days"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_watermarks" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_watermarks" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_watermarks"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_hours" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_hours" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_hours"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_evidence" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_evidence" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_evidence"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_adjustments" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_adjustments" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_adjustments"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "resource_lifetimes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "resource_lifetimes" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "resource_lifetimes"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "publish_terms" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "publish_terms" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "publish_terms"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
