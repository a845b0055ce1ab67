-- safe
-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "tenants" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "tenant_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("tenant_id","user_id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "token_hash" BYTEA NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "namespaces" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "topology_version" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "namespaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "scopes" TEXT[],
    "secret_hash" BYTEA NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "published" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "exchanges" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "exchanges_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "queues" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "lease_seconds" INTEGER NOT NULL,
    "delivery_limit" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "queues_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bindings" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "destination_kind" TEXT NOT NULL,
    "destination" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "headers" JSONB NOT NULL,
    "match" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "bindings_pkey" PRIMARY KEY ("tenant_id","namespace_id","id")
);

-- CreateTable
CREATE TABLE "topology_outbox" (
    "namespace_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "ops" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "applied_at" TIMESTAMPTZ(3),

    CONSTRAINT "topology_outbox_pkey" PRIMARY KEY ("namespace_id","version")
);

-- CreateTable
CREATE TABLE "usage_batches" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL,
    "sha256" BYTEA NOT NULL,

    CONSTRAINT "usage_batches_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_entries" (
    "batch_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "dimension" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "delta" BIGINT NOT NULL,

    CONSTRAINT "usage_entries_pkey" PRIMARY KEY ("batch_id","hour","dimension","cause","resource_id")
);

-- CreateTable
CREATE TABLE "usage_records" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "dimension" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "usage_records_pkey" PRIMARY KEY ("tenant_id","namespace_id","hour","dimension","cause","resource_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "memberships_user_id_idx" ON "memberships"("user_id");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "namespaces_tenant_id_id_key" ON "namespaces"("tenant_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "namespaces_tenant_id_name_key" ON "namespaces"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "api_keys_tenant_id_namespace_id_idx" ON "api_keys"("tenant_id", "namespace_id");

-- CreateIndex
CREATE UNIQUE INDEX "exchanges_tenant_id_namespace_id_name_key" ON "exchanges"("tenant_id", "namespace_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "queues_tenant_id_namespace_id_name_key" ON "queues"("tenant_id", "namespace_id", "name");

-- CreateIndex
CREATE INDEX "bindings_tenant_id_namespace_id_source_idx" ON "bindings"("tenant_id", "namespace_id", "source");

-- CreateIndex
CREATE INDEX "bindings_tenant_id_namespace_id_destination_kind_destinatio_idx" ON "bindings"("tenant_id", "namespace_id", "destination_kind", "destination");

-- CreateIndex
CREATE INDEX "topology_outbox_applied_at_namespace_id_version_idx" ON "topology_outbox"("applied_at", "namespace_id", "version");

-- CreateIndex
CREATE INDEX "usage_batches_tenant_id_namespace_id_sealed_at_idx" ON "usage_batches"("tenant_id", "namespace_id", "sealed_at");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "namespaces" ADD CONSTRAINT "namespaces_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "exchanges" ADD CONSTRAINT "exchanges_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queues" ADD CONSTRAINT "queues_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "bindings" ADD CONSTRAINT "bindings_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_entries" ADD CONSTRAINT "usage_entries_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "usage_batches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Row-level security. The runtime role belongs to waybill_runtime, owns nothing and bypasses nothing.
-- `app.scope` and `app.tenant_id` are set for one transaction at a time by prisma/src/database.ts; after a
-- transaction a setting reads as an empty string, hence nullif.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_runtime') THEN
        CREATE ROLE waybill_runtime NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster made it in the same moment
END
$$;

CREATE FUNCTION app_is_system() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT current_setting('app.scope', true) = 'system' $$;

CREATE FUNCTION app_tenant_id() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.tenant_id', true), '') $$;

GRANT USAGE ON SCHEMA "public" TO waybill_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO waybill_runtime;
REVOKE UPDATE, DELETE ON "usage_batches", "usage_entries" FROM waybill_runtime;

ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "tenants"
    USING (app_is_system() OR "id" = app_tenant_id()) WITH CHECK (app_is_system() OR "id" = app_tenant_id());

ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
CREATE POLICY "system_only" ON "users" USING (app_is_system()) WITH CHECK (app_is_system());

ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY;
CREATE POLICY "system_only" ON "sessions" USING (app_is_system()) WITH CHECK (app_is_system());

ALTER TABLE "memberships" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "memberships" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "memberships"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "namespaces" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "namespaces" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "namespaces"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "api_keys" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "api_keys"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "exchanges" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "exchanges" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "exchanges"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "queues" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "queues" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "queues"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "bindings" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "bindings" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "bindings"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "topology_outbox" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "topology_outbox" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "topology_outbox"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_batches" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_batches" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_batches"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_entries" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_entries" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_entries"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());

ALTER TABLE "usage_records" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "usage_records" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "usage_records"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
