-- safe
-- Entries are added up by the hour: for the recount and for the nightly check of the records.

-- CreateIndex
CREATE INDEX "usage_entries_tenant_id_namespace_id_hour_idx" ON "usage_entries"("tenant_id", "namespace_id", "hour");
