-- safe
-- Portal links by id, so that one can be listed and revoked before it expires. Links made before have no row and no id: they are
-- refused from now on, and lived a day at most.

-- CreateTable
CREATE TABLE "portal_links" (
    "tenant_id" TEXT NOT NULL,
    "namespace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "customer" TEXT NOT NULL,
    "exchange" TEXT NOT NULL,
    "key_prefix" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "portal_links_pkey" PRIMARY KEY ("tenant_id","namespace_id","id")
);

-- CreateIndex
CREATE INDEX "portal_links_tenant_id_namespace_id_customer_id_idx" ON "portal_links"("tenant_id", "namespace_id", "customer", "id");

-- CreateIndex
CREATE INDEX "portal_links_tenant_id_namespace_id_expires_at_idx" ON "portal_links"("tenant_id", "namespace_id", "expires_at");

-- AddForeignKey
ALTER TABLE "portal_links" ADD CONSTRAINT "portal_links_tenant_id_namespace_id_fkey" FOREIGN KEY ("tenant_id", "namespace_id") REFERENCES "namespaces"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE, DELETE ON "portal_links" TO waybill_runtime;
ALTER TABLE "portal_links" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "portal_links" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "portal_links"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
