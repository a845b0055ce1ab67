-- safe

-- CreateTable
CREATE TABLE "sources" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "exchange" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "scheme" JSONB NOT NULL,
    "keep_headers" TEXT[],
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "secrets" JSONB NOT NULL,
    "version" BIGINT NOT NULL,
    "published" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "sources_pkey" PRIMARY KEY ("tenant_id","namespace_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sources_id_key" ON "sources"("id");

-- CreateIndex
CREATE INDEX "sources_tenant_id_namespace_id_name_idx" ON "sources"("tenant_id", "namespace_id", "name");

-- CreateIndex
CREATE INDEX "sources_published_created_at_idx" ON "sources"("published", "created_at");

-- AddForeignKey
ALTER TABLE "sources" ADD CONSTRAINT "sources_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON "sources" TO waybill_runtime;

ALTER TABLE "sources" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "sources" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "sources"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
