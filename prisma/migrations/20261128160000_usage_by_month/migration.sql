-- safe
-- The sums by day once more, by month: an invoice and the page of queues under its line read one row where they read thirty.
-- A trigger keeps them, so that a worker of before keeps them too. Who books during the move waits for it.

-- CreateTable
CREATE TABLE "usage_months" (
    "tenant_id" TEXT NOT NULL,
    "dimension" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "month" DATE NOT NULL,
    "quantity" BIGINT NOT NULL,

    CONSTRAINT "usage_months_pkey" PRIMARY KEY ("tenant_id","dimension","namespace_id","resource_id","cause","month")
) PARTITION BY RANGE ("month");

-- The same as before, with a partition of usage_months beside the others; months made before get theirs.
CREATE OR REPLACE FUNCTION usage_ensure_month(of_day DATE) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_day DATE := date_trunc('month', of_day::timestamp)::date;
    next_day DATE := (first_day + INTERVAL '1 month')::date;
    suffix TEXT := to_char(first_day, 'YYYYMM');
BEGIN
    IF first_day < DATE '2020-01-01' OR first_day > CURRENT_DATE + 400 THEN
        RAISE EXCEPTION 'no partition for %', of_day USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('usage_months_' || suffix) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('usage_ensure_month'));
    IF to_regclass('usage_months_' || suffix) IS NOT NULL THEN RETURN; END IF;
    IF to_regclass('usage_days_' || suffix) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE usage_records INCLUDING ALL)', 'usage_records_' || suffix);
        EXECUTE format('ALTER TABLE usage_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'usage_records_' || suffix,
            to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(next_day, 'YYYY-MM-DD') || ' 00:00:00+00');
        EXECUTE format('CREATE TABLE %I (LIKE usage_days INCLUDING ALL)', 'usage_days_' || suffix);
        EXECUTE format('ALTER TABLE usage_days ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'usage_days_' || suffix, first_day, next_day);
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE usage_months INCLUDING ALL)', 'usage_months_' || suffix);
    EXECUTE format('ALTER TABLE usage_months ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'usage_months_' || suffix, first_day, next_day);
END
$$;

/* What a statement adds to days it adds to their months, in the same transaction. Nobody may delete days. */
CREATE FUNCTION usage_add_to_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usage_months AS m (tenant_id, dimension, namespace_id, resource_id, cause, month, quantity)
        SELECT tenant_id, dimension, namespace_id, resource_id, cause, date_trunc('month', day::timestamp)::date, sum(quantity) FROM written
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (tenant_id, dimension, namespace_id, resource_id, cause, month) DO UPDATE SET quantity = m.quantity + excluded.quantity;
    RETURN NULL;
END
$$;
CREATE FUNCTION usage_change_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usage_months AS m (tenant_id, dimension, namespace_id, resource_id, cause, month, quantity)
        SELECT tenant_id, dimension, namespace_id, resource_id, cause, date_trunc('month', day::timestamp)::date, sum(quantity)
        FROM (SELECT * FROM written UNION ALL SELECT tenant_id, dimension, namespace_id, resource_id, cause, day, -quantity FROM before) changes
        GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(quantity) <> 0 ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (tenant_id, dimension, namespace_id, resource_id, cause, month) DO UPDATE SET quantity = m.quantity + excluded.quantity;
    RETURN NULL;
END
$$;
CREATE TRIGGER "usage_days_insert" AFTER INSERT ON "usage_days" REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION usage_add_to_months();
CREATE TRIGGER "usage_days_update" AFTER UPDATE ON "usage_days" REFERENCING NEW TABLE AS written OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION usage_change_months();

-- The days as they are. Their owner reads them, who is bound by row-level security like anybody else.
SELECT set_config('app.scope', 'system', false);
SELECT usage_ensure_month(month::date) FROM (
    SELECT date_trunc('month', "day"::timestamp) FROM "usage_days"
    UNION SELECT date_trunc('month', CURRENT_TIMESTAMP AT TIME ZONE 'UTC') + n * INTERVAL '1 month' FROM generate_series(0, 3) n
) months(month);
INSERT INTO "usage_months" SELECT "tenant_id", "dimension", "namespace_id", "resource_id", "cause", date_trunc('month', "day"::timestamp)::date, sum("quantity")
    FROM "usage_days" GROUP BY 1, 2, 3, 4, 5, 6;
SELECT set_config('app.scope', '', false);

GRANT SELECT, INSERT, UPDATE ON "usage_months" TO waybill_runtime;
ALTER TABLE "usage_months" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_months" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_months"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
