-- safe

-- CreateTable
CREATE TABLE "subscriptions" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "queue" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "delivery" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "disabled_reason" TEXT,
    "disabled_at" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "customer" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("tenant_id","namespace_id","id")
);

-- CreateTable
CREATE TABLE "subscription_secrets" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "generated" BOOLEAN NOT NULL,
    "live_from" TIMESTAMPTZ(3) NOT NULL,
    "live_until" TIMESTAMPTZ(3),

    CONSTRAINT "subscription_secrets_pkey" PRIMARY KEY ("tenant_id","namespace_id","subscription_id","id")
);

-- CreateTable
CREATE TABLE "subscription_changes" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_changes_pkey" PRIMARY KEY ("tenant_id","namespace_id","subscription_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "subscriptions_id_key" ON "subscriptions"("id");

-- CreateIndex
CREATE UNIQUE INDEX "subscriptions_tenant_id_namespace_id_name_key" ON "subscriptions"("tenant_id", "namespace_id", "name");

-- CreateIndex
CREATE INDEX "subscriptions_tenant_id_namespace_id_queue_idx" ON "subscriptions"("tenant_id", "namespace_id", "queue");

-- CreateIndex
CREATE INDEX "subscriptions_tenant_id_namespace_id_customer_name_idx" ON "subscriptions"("tenant_id", "namespace_id", "customer", "name");

-- CreateIndex
CREATE INDEX "subscriptions_state_id_idx" ON "subscriptions"("state", "id");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_changes_version_key" ON "subscription_changes"("version");

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_tenant_id_namespace_id_queue_fkey" FOREIGN KEY ("tenant_id", "namespace_id", "queue") REFERENCES "queues"("tenant_id", "namespace_id", "name") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscription_secrets" ADD CONSTRAINT "subscription_secrets_tenant_id_namespace_id_subscription_i_fkey" FOREIGN KEY ("tenant_id", "namespace_id", "subscription_id") REFERENCES "subscriptions"("tenant_id", "namespace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Every change of a subscription gets the next version here, whoever makes it: a queue that is deleted takes its
-- subscriptions along. The lock is held until commit, so that versions become visible in their order and a worker that
-- reads on from the last one it saw misses none. Triggers of one event fire by name, after those of the foreign keys.
CREATE SEQUENCE "subscription_version_seq";

CREATE FUNCTION note_subscription_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed "subscriptions"%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('subscription_changes'));
    INSERT INTO "subscription_changes" ("tenant_id", "namespace_id", "subscription_id", "version", "changed_at")
        VALUES (changed."tenant_id", changed."namespace_id", changed."id", nextval('subscription_version_seq'), clock_timestamp())
        ON CONFLICT ("tenant_id", "namespace_id", "subscription_id") DO UPDATE SET "version" = excluded."version", "changed_at" = excluded."changed_at";
    RETURN NULL;
END
$$;

CREATE TRIGGER "subscription_change" AFTER INSERT OR UPDATE OR DELETE ON "subscriptions"
    FOR EACH ROW EXECUTE FUNCTION note_subscription_change();

GRANT SELECT, INSERT, UPDATE, DELETE ON "subscriptions", "subscription_secrets", "subscription_changes" TO waybill_runtime;
GRANT USAGE ON SEQUENCE "subscription_version_seq" TO waybill_runtime;

ALTER TABLE "subscriptions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "subscriptions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "subscriptions"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "subscription_secrets" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "subscription_secrets" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "subscription_secrets"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "subscription_changes" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "subscription_changes" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "subscription_changes"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
