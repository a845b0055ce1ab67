-- safe

-- CreateTable
CREATE TABLE "stripe_accounts" (
    "tenant_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "subscription_id" TEXT,
    "price_book_id" TEXT,
    "status" TEXT NOT NULL DEFAULT 'none',
    "billed_from" TIMESTAMPTZ(0),
    "billed_to" TIMESTAMPTZ(0),
    "deleted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stripe_accounts_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "stripe_meters" (
    "event_name" TEXT NOT NULL,
    "meter_id" TEXT NOT NULL,

    CONSTRAINT "stripe_meters_pkey" PRIMARY KEY ("event_name")
);

-- CreateTable
CREATE TABLE "stripe_prices" (
    "price_book_id" TEXT NOT NULL,
    "dimension" TEXT NOT NULL,
    "price_id" TEXT NOT NULL,

    CONSTRAINT "stripe_prices_pkey" PRIMARY KEY ("price_book_id","dimension")
);

-- CreateTable
CREATE TABLE "stripe_invoices" (
    "tenant_id" TEXT NOT NULL,
    "stripe_invoice_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(0) NOT NULL,
    "period_end" TIMESTAMPTZ(0) NOT NULL,
    "status" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(3),
    "finalized_at" TIMESTAMPTZ(3),
    "difference" TEXT,

    CONSTRAINT "stripe_invoices_pkey" PRIMARY KEY ("tenant_id","stripe_invoice_id")
);

-- CreateTable
CREATE TABLE "stripe_credit_notes" (
    "tenant_id" TEXT NOT NULL,
    "credit_note_id" TEXT NOT NULL,
    "stripe_credit_note_id" TEXT NOT NULL,

    CONSTRAINT "stripe_credit_notes_pkey" PRIMARY KEY ("tenant_id","credit_note_id")
);

-- CreateTable
CREATE TABLE "meter_pushes" (
    "tenant_id" TEXT NOT NULL,
    "meter" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "revision" INTEGER NOT NULL,
    "quantity" BIGINT NOT NULL,
    "event_at" TIMESTAMPTZ(0) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "request_id" TEXT,
    "accepted_at" TIMESTAMPTZ(3),
    "confirmed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "meter_pushes_pkey" PRIMARY KEY ("tenant_id","meter","hour","revision")
);

-- CreateTable
CREATE TABLE "webhook_events" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "thin" BOOLEAN NOT NULL,
    "object_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "processed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing_alerts" (
    "tenant_id" TEXT,
    "code" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "cleared_at" TIMESTAMPTZ(3),

    CONSTRAINT "billing_alerts_pkey" PRIMARY KEY ("code","subject")
);

-- CreateIndex
CREATE UNIQUE INDEX "stripe_accounts_customer_id_key" ON "stripe_accounts"("customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "stripe_accounts_subscription_id_key" ON "stripe_accounts"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "stripe_invoices_stripe_invoice_id_key" ON "stripe_invoices"("stripe_invoice_id");

-- CreateIndex
CREATE INDEX "stripe_invoices_tenant_id_period_start_idx" ON "stripe_invoices"("tenant_id", "period_start");

-- CreateIndex
CREATE INDEX "meter_pushes_state_tenant_id_meter_hour_idx" ON "meter_pushes"("state", "tenant_id", "meter", "hour");

-- CreateIndex
CREATE INDEX "webhook_events_state_received_at_idx" ON "webhook_events"("state", "received_at");

-- CreateIndex
CREATE INDEX "billing_alerts_cleared_at_raised_at_idx" ON "billing_alerts"("cleared_at", "raised_at");

-- Negative hours are never sent.
ALTER TABLE "meter_pushes" ADD CONSTRAINT "meter_pushes_quantity" CHECK ("quantity" >= 0);

/* What was sent is never changed: a correction is the next revision. */
CREATE FUNCTION refuse_change_of_push() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."tenant_id", NEW."meter", NEW."hour", NEW."revision", NEW."quantity") IS DISTINCT FROM (OLD."tenant_id", OLD."meter", OLD."hour", OLD."revision", OLD."quantity") THEN
        RAISE EXCEPTION 'a revision of an hour is never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "meter_pushes_fixed" BEFORE UPDATE ON "meter_pushes" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_push();

GRANT SELECT, INSERT, UPDATE ON "stripe_accounts", "stripe_invoices", "meter_pushes", "webhook_events", "billing_alerts" TO waybill_runtime;
GRANT SELECT, INSERT ON "stripe_meters", "stripe_prices", "stripe_credit_notes" TO waybill_runtime;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['stripe_accounts', 'stripe_invoices', 'stripe_credit_notes', 'meter_pushes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "tenant_isolation" ON %I USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id())', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['stripe_meters', 'stripe_prices', 'webhook_events', 'billing_alerts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "system_only" ON %I USING (app_is_system()) WITH CHECK (app_is_system())', name);
    END LOOP;
END $$;
