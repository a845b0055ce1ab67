-- safe
-- Who gets mails, and what they said. Mail subscriptions made before wait until their addresses are confirmed: ask for it with
-- a PUT, or in the console.

-- AlterTable
ALTER TABLE "subscriptions" ADD COLUMN     "recipients" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "mail_recipients" (
    "tenant_id" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "confirmed_at" TIMESTAMPTZ(3),
    "unsubscribed_at" TIMESTAMPTZ(3),

    CONSTRAINT "mail_recipients_pkey" PRIMARY KEY ("tenant_id","address")
);

-- CreateTable
CREATE TABLE "mail_requests" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "subscription" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "next_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),
    "error" TEXT,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "mail_requests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "mail_requests_next_at_idx" ON "mail_requests"("next_at");

-- CreateIndex
CREATE INDEX "mail_requests_address_requested_at_idx" ON "mail_requests"("address", "requested_at");

-- CreateIndex
CREATE INDEX "mail_requests_tenant_id_address_requested_at_idx" ON "mail_requests"("tenant_id", "address", "requested_at");

UPDATE "subscriptions" SET "recipients" = ARRAY(SELECT lower(value) FROM jsonb_array_elements_text("settings" -> 'to'))
    WHERE "kind" = 'mail' AND jsonb_typeof("settings" -> 'to') = 'array';

-- How often an address was asked, by whatever tenant: a number, and nothing of anybody's.
CREATE FUNCTION mail_requests_to(asked TEXT, since TIMESTAMPTZ) RETURNS BIGINT LANGUAGE sql STABLE SET "app.scope" TO 'system' AS
$$ SELECT count(*) FROM "mail_requests" WHERE "address" = asked AND "requested_at" > since $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON "mail_recipients", "mail_requests" TO waybill_runtime;

ALTER TABLE "mail_recipients" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "mail_recipients" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "mail_recipients"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "mail_requests" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "mail_requests" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "mail_requests"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
