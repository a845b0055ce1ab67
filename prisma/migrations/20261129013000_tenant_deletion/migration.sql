-- safe
-- What a tenant has is deleted 90 days after an invoice was due: when it is planned, who holds it, and how far it came.
-- A notice says when its mail was really handed to the mail server.

-- AlterTable
ALTER TABLE "billing_notices" ADD COLUMN "told_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "billing_mails" ADD COLUMN "period_start" TIMESTAMPTZ(0),
ADD COLUMN "scope" TEXT,
ADD COLUMN "step" INTEGER;

-- AlterTable
ALTER TABLE "billing_profiles" ADD COLUMN "deletion_hold_reason" TEXT,
ADD COLUMN "deletion_held_by" TEXT,
ADD COLUMN "deletion_hold_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "tenant_deletions" (
    "tenant_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "invoice_number" TEXT NOT NULL,
    "overdue_since" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "planned_at" TIMESTAMPTZ(3) NOT NULL,
    "renewed_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "namespace_id" TEXT,
    "step" TEXT,
    "inventory" JSONB,
    "failure" TEXT,

    CONSTRAINT "tenant_deletions_pkey" PRIMARY KEY ("tenant_id","invoice_id")
);

-- CreateIndex
CREATE INDEX "tenant_deletions_state_planned_at_idx" ON "tenant_deletions"("state", "planned_at");

ALTER TABLE "tenant_deletions" ADD CONSTRAINT "tenant_deletions_state" CHECK ("state" IN ('planned', 'cancelled', 'running', 'stopped', 'done'));

GRANT SELECT, INSERT, UPDATE ON "tenant_deletions" TO waybill_runtime;
GRANT UPDATE ("told_at") ON "billing_notices" TO waybill_runtime;

ALTER TABLE "tenant_deletions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tenant_deletions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "tenant_deletions"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
