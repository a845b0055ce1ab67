-- safe

-- CreateTable
CREATE TABLE "price_books" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "terms" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "price_books_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prices" (
    "price_book_id" TEXT NOT NULL,
    "dimension" TEXT NOT NULL,
    "cause" TEXT NOT NULL DEFAULT '',
    "kind" TEXT NOT NULL,
    "tiers" JSONB NOT NULL,
    "stripe_price_id" TEXT,

    CONSTRAINT "prices_pkey" PRIMARY KEY ("price_book_id","dimension","cause")
);

-- CreateTable
CREATE TABLE "billing_contracts" (
    "tenant_id" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(0) NOT NULL,
    "plan" TEXT NOT NULL,
    "price_book_id" TEXT NOT NULL,
    "payment_terms_days" INTEGER NOT NULL DEFAULT 14,
    "purchase_order" TEXT,
    "changed_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "billing_contracts_pkey" PRIMARY KEY ("tenant_id","starts_at")
);

-- CreateTable
CREATE TABLE "billing_profiles" (
    "tenant_id" TEXT NOT NULL,
    "currency" TEXT,
    "cap_cents" BIGINT,
    "namespace_caps" JSONB NOT NULL DEFAULT '{}',
    "top_up" JSONB,
    "billing_email" TEXT,
    "stripe_customer_id" TEXT,
    "overdue_since" TIMESTAMPTZ(3),
    "dunning_day" INTEGER,

    CONSTRAINT "billing_profiles_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "billing_notices" (
    "tenant_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(0) NOT NULL,
    "scope" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "billing_notices_pkey" PRIMARY KEY ("tenant_id","period_start","scope","step")
);

-- CreateTable
CREATE TABLE "billing_periods" (
    "tenant_id" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(0) NOT NULL,
    "ends_at" TIMESTAMPTZ(0) NOT NULL,
    "state" TEXT NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "sha256" BYTEA,

    CONSTRAINT "billing_periods_pkey" PRIMARY KEY ("tenant_id","starts_at")
);

-- CreateTable
CREATE TABLE "invoices" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "number" TEXT,
    "period_start" TIMESTAMPTZ(0) NOT NULL,
    "period_end" TIMESTAMPTZ(0) NOT NULL,
    "state" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "price_book_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "subtotal_cents" BIGINT NOT NULL,
    "credit_cents" BIGINT NOT NULL,
    "total_cents" BIGINT NOT NULL,
    "settled_cents" BIGINT NOT NULL DEFAULT 0,
    "evidence" BYTEA NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,
    "finalized_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "hold_reason" TEXT,
    "stripe_invoice_id" TEXT,

    CONSTRAINT "invoices_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "invoice_lines" (
    "tenant_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "dimension" TEXT,
    "cause" TEXT,
    "description" TEXT NOT NULL,
    "quantity" DECIMAL(38,0) NOT NULL,
    "free_quantity" DECIMAL(38,0) NOT NULL,
    "billed_quantity" DECIMAL(38,0) NOT NULL,
    "unit" TEXT NOT NULL,
    "unit_price" TEXT NOT NULL,
    "tiers" JSONB NOT NULL,
    "amount_e12" DECIMAL(38,0) NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "reference" JSONB,
    "evidence" BYTEA,

    CONSTRAINT "invoice_lines_pkey" PRIMARY KEY ("tenant_id","invoice_id","id")
);

-- CreateTable
CREATE TABLE "invoice_sub_lines" (
    "tenant_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "line_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "quantity" DECIMAL(38,0) NOT NULL,
    "amount_e12" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "invoice_sub_lines_pkey" PRIMARY KEY ("tenant_id","invoice_id","line_id","namespace_id","resource_id")
);

-- CreateTable
CREATE TABLE "invoice_numbers" (
    "series" TEXT NOT NULL,
    "last" INTEGER NOT NULL,

    CONSTRAINT "invoice_numbers_pkey" PRIMARY KEY ("series")
);

-- CreateTable
CREATE TABLE "invoice_disputes" (
    "tenant_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "line_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "opened_by" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decision" TEXT,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "invoice_disputes_pkey" PRIMARY KEY ("tenant_id","invoice_id","line_id")
);

-- CreateTable
CREATE TABLE "credit_notes" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "number" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "line_id" TEXT NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "approved_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credit_notes_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "payments" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "method" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_by" TEXT NOT NULL,
    "approved_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payments_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "credit_grants" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "priority" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credit_grants_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "credit_entries" (
    "tenant_id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "reference" TEXT NOT NULL DEFAULT '',
    "amount_cents" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credit_entries_pkey" PRIMARY KEY ("tenant_id","grant_id","kind","reference")
);

-- CreateTable
CREATE TABLE "operators" (
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operators_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "finance_approvals" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "amount_cents" BIGINT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "finance_approvals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "finance_events" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "approved_by" TEXT,
    "before" JSONB,
    "after" JSONB,

    CONSTRAINT "finance_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "price_books_name_version_key" ON "price_books"("name", "version");

-- CreateIndex
CREATE UNIQUE INDEX "billing_profiles_stripe_customer_id_key" ON "billing_profiles"("stripe_customer_id");

-- CreateIndex
CREATE INDEX "billing_periods_state_starts_at_tenant_id_idx" ON "billing_periods"("state", "starts_at", "tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "invoices_id_key" ON "invoices"("id");

-- CreateIndex
CREATE UNIQUE INDEX "invoices_number_key" ON "invoices"("number");

-- CreateIndex
CREATE UNIQUE INDEX "invoices_stripe_invoice_id_key" ON "invoices"("stripe_invoice_id");

-- CreateIndex
CREATE INDEX "invoices_state_period_start_idx" ON "invoices"("state", "period_start");

-- CreateIndex
CREATE INDEX "invoices_tenant_id_period_start_idx" ON "invoices"("tenant_id", "period_start");

-- CreateIndex
CREATE UNIQUE INDEX "credit_notes_number_key" ON "credit_notes"("number");

-- CreateIndex
CREATE INDEX "credit_notes_tenant_id_invoice_id_idx" ON "credit_notes"("tenant_id", "invoice_id");

-- CreateIndex
CREATE INDEX "payments_tenant_id_invoice_id_idx" ON "payments"("tenant_id", "invoice_id");

-- CreateIndex
CREATE UNIQUE INDEX "payments_method_reference_key" ON "payments"("method", "reference");

-- CreateIndex
CREATE INDEX "finance_approvals_state_requested_at_idx" ON "finance_approvals"("state", "requested_at");

-- CreateIndex
CREATE INDEX "finance_events_at_idx" ON "finance_events"("at");

-- CreateIndex
CREATE INDEX "finance_events_tenant_id_at_idx" ON "finance_events"("tenant_id", "at");

-- AddForeignKey
ALTER TABLE "prices" ADD CONSTRAINT "prices_price_book_id_fkey" FOREIGN KEY ("price_book_id") REFERENCES "price_books"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invoice_lines" ADD CONSTRAINT "invoice_lines_tenant_id_invoice_id_fkey" FOREIGN KEY ("tenant_id", "invoice_id") REFERENCES "invoices"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invoice_sub_lines" ADD CONSTRAINT "invoice_sub_lines_tenant_id_invoice_id_line_id_fkey" FOREIGN KEY ("tenant_id", "invoice_id", "line_id") REFERENCES "invoice_lines"("tenant_id", "invoice_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A published price book is never changed; a price learns its Stripe id once.
CREATE FUNCTION refuse_change_of_price_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."published_at" IS NOT NULL THEN
        RAISE EXCEPTION 'price_book_published: % is never changed', OLD."id" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER "price_books_published" BEFORE UPDATE OR DELETE ON "price_books" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_price_book();

CREATE FUNCTION refuse_change_of_price() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    book text := CASE TG_OP WHEN 'INSERT' THEN NEW."price_book_id" ELSE OLD."price_book_id" END;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD."stripe_price_id" IS NULL
        AND (NEW."price_book_id", NEW."dimension", NEW."cause", NEW."kind", NEW."tiers") = (OLD."price_book_id", OLD."dimension", OLD."cause", OLD."kind", OLD."tiers") THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM "price_books" WHERE "id" = book AND "published_at" IS NOT NULL) THEN
        RAISE EXCEPTION 'price_book_published: prices of % are never changed', book USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER "prices_published" BEFORE INSERT OR UPDATE OR DELETE ON "prices" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_price();

-- What a customer was sent is never changed: after the draft only its state, what settled it, and its hold move.
CREATE FUNCTION refuse_change_of_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."state" = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - '{state,settled_cents,settled_at,hold_reason,stripe_invoice_id}'::text[])
            = (to_jsonb(OLD) - '{state,settled_cents,settled_at,hold_reason,stripe_invoice_id}'::text[])
            AND (OLD."stripe_invoice_id" IS NULL OR NEW."stripe_invoice_id" = OLD."stripe_invoice_id")
            AND (NEW."state" = OLD."state" OR (OLD."state", NEW."state") IN
                (('finalized', 'paid'), ('finalized', 'uncollectible'), ('finalized', 'void'), ('uncollectible', 'paid'), ('uncollectible', 'void'))) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'invoice_final: % is %', OLD."id", OLD."state" USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER "invoices_final" BEFORE UPDATE OR DELETE ON "invoices" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();

CREATE FUNCTION refuse_change_of_invoice_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
BEGIN
    IF EXISTS (SELECT FROM "invoices" WHERE "tenant_id" = part."tenant_id" AND "id" = part."invoice_id" AND "state" <> 'draft') THEN
        RAISE EXCEPTION 'invoice_final: lines of % are never changed', part."invoice_id" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER "invoice_lines_final" BEFORE INSERT OR UPDATE OR DELETE ON "invoice_lines" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice_part();
CREATE TRIGGER "invoice_sub_lines_final" BEFORE INSERT OR UPDATE OR DELETE ON "invoice_sub_lines" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice_part();

CREATE FUNCTION refuse_change_of_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."state" = 'closed' THEN
        RAISE EXCEPTION 'period_closed: % of %', OLD."starts_at", OLD."tenant_id" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER "billing_periods_closed" BEFORE UPDATE OR DELETE ON "billing_periods" FOR EACH ROW EXECUTE FUNCTION refuse_change_of_closed_period();

GRANT SELECT, INSERT, UPDATE, DELETE ON "price_books", "prices", "billing_contracts", "invoices", "invoice_lines", "invoice_sub_lines" TO waybill_runtime;
GRANT SELECT, INSERT, UPDATE ON "billing_profiles", "billing_periods", "invoice_numbers", "invoice_disputes", "finance_approvals" TO waybill_runtime;
-- Facts: added to, never changed.
GRANT SELECT, INSERT ON "billing_notices", "credit_notes", "payments", "credit_grants", "credit_entries", "finance_events" TO waybill_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON "operators" TO waybill_runtime;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['billing_contracts', 'billing_profiles', 'billing_notices', 'billing_periods', 'invoices', 'invoice_lines', 'invoice_sub_lines',
        'invoice_disputes', 'credit_notes', 'payments', 'credit_grants', 'credit_entries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "tenant_isolation" ON %I USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id())', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['invoice_numbers', 'operators', 'finance_approvals', 'finance_events'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY "system_only" ON %I USING (app_is_system()) WITH CHECK (app_is_system())', name);
    END LOOP;
END $$;

-- Lists of prices are for all to read, a tenant's own for that tenant; only the system writes them.
ALTER TABLE "price_books" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "price_books" FORCE ROW LEVEL SECURITY;
CREATE POLICY "readable" ON "price_books"
    USING (app_is_system() OR "tenant_id" IS NULL OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system());
ALTER TABLE "prices" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "prices" FORCE ROW LEVEL SECURITY;
CREATE POLICY "readable" ON "prices"
    USING (app_is_system() OR EXISTS (SELECT FROM "price_books" b WHERE b."id" = "price_book_id")) WITH CHECK (app_is_system());
