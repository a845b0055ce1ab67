-- safe

-- CreateTable
CREATE TABLE "billing_mails" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "about" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "next_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "error" TEXT,

    CONSTRAINT "billing_mails_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "billing_mails_next_at_idx" ON "billing_mails"("next_at");

GRANT SELECT, INSERT, UPDATE, DELETE ON "billing_mails" TO waybill_runtime;

ALTER TABLE "billing_mails" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "billing_mails" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "billing_mails"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
