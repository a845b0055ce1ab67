-- safe
-- The sums by day once more, without the resource: the first two levels under an invoice line read hundreds of rows and not
-- hundreds of thousands. A worker of before goes on booking days only; the nightly check tells of the difference.

-- CreateTable
CREATE TABLE "usage_namespace_days" (
    "tenant_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "dimension" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "quantity" BIGINT NOT NULL,

    CONSTRAINT "usage_namespace_days_pkey" PRIMARY KEY ("tenant_id","day","dimension","namespace_id","cause")
);

SELECT set_config('app.scope', 'system', false);
INSERT INTO "usage_namespace_days" SELECT "tenant_id", "day", "dimension", "namespace_id", "cause", sum("quantity") FROM "usage_days" GROUP BY 1, 2, 3, 4, 5;
SELECT set_config('app.scope', '', false);

GRANT SELECT, INSERT, UPDATE ON "usage_namespace_days" TO waybill_runtime;
ALTER TABLE "usage_namespace_days" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_namespace_days" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_namespace_days"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
