-- safe
-- Money of a paid invoice that goes back; what it gives back is credited on the invoice's lines by the same step.

-- AlterTable
ALTER TABLE "credit_notes" ADD COLUMN "refund_id" TEXT;

-- CreateTable
CREATE TABLE "refunds" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "method" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reference" TEXT,
    "reason" TEXT NOT NULL,
    "failure" TEXT,
    "requested_by" TEXT NOT NULL,
    "approved_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "refunds_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "refunds_tenant_id_invoice_id_idx" ON "refunds"("tenant_id", "invoice_id");

-- CreateIndex
CREATE INDEX "refunds_state_id_idx" ON "refunds"("state", "id");

-- CreateIndex
CREATE UNIQUE INDEX "refunds_method_reference_key" ON "refunds"("method", "reference");

ALTER TABLE "refunds" ADD CONSTRAINT "refunds_amount" CHECK ("amount_cents" > 0);

/* What was decided is never changed: only what became of it is. */
CREATE FUNCTION refuse_change_of_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - '{state,reference,failure,settled_at,failed_at}'::text[]) <> (to_jsonb(OLD) - '{state,reference,failure,settled_at,failed_at}'::text[])
        OR OLD."state" = 'failed' OR (OLD."state" = 'done' AND NEW."state" <> 'failed') THEN
        RAISE EXCEPTION 'a refund is never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "refunds_fixed" BEFORE UPDATE ON "refunds" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_refund();

GRANT SELECT, INSERT, UPDATE ON "refunds" TO waybill_runtime;

ALTER TABLE "refunds" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "refunds" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "refunds"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
