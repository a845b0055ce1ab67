-- safe
-- Tax as Stripe computed it: on invoices by rate, with whom they were made out to; on credit notes; on credit that was bought.

-- AlterTable
ALTER TABLE "invoices" ADD COLUMN "tax_cents" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "billed_to" JSONB;

-- AlterTable
ALTER TABLE "credit_notes" ADD COLUMN "tax_cents" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "included_tax_cents" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "taxes" JSONB,
ADD COLUMN "stripe_lines" JSONB;

-- AlterTable
ALTER TABLE "credit_grants" ADD COLUMN "tax_cents" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "stripe_accounts" ADD COLUMN "automatic_tax" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "invoice_taxes" (
    "tenant_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "jurisdiction" TEXT,
    "percent" TEXT,
    "inclusive" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "taxable_cents" BIGINT,
    "amount_cents" BIGINT NOT NULL,

    CONSTRAINT "invoice_taxes_pkey" PRIMARY KEY ("tenant_id","invoice_id","position")
);

-- AddForeignKey
ALTER TABLE "invoice_taxes" ADD CONSTRAINT "invoice_taxes_tenant_id_invoice_id_fkey" FOREIGN KEY ("tenant_id", "invoice_id") REFERENCES "invoices"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a customer was sent is never changed: its tax neither.
CREATE TRIGGER "invoice_taxes_final" BEFORE INSERT OR UPDATE OR DELETE ON "invoice_taxes" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice_part();

GRANT SELECT, INSERT, UPDATE, DELETE ON "invoice_taxes" TO waybill_runtime;

ALTER TABLE "invoice_taxes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "invoice_taxes" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "invoice_taxes"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
