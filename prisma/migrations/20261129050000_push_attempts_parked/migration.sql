-- safe
-- Entries of attempts that a worker did not understand. Until now they were deleted.

-- CreateTable
CREATE TABLE "push_attempts_parked" (
    "namespace_id" TEXT NOT NULL,
    "entry" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "fields" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "push_attempts_parked_pkey" PRIMARY KEY ("namespace_id","entry")
);

-- CreateIndex
CREATE INDEX "push_attempts_parked_parked_at_idx" ON "push_attempts_parked"("parked_at");

-- One that is understood at last becomes attempts, and goes.
GRANT SELECT, INSERT, DELETE ON "push_attempts_parked" TO waybill_runtime;

ALTER TABLE "push_attempts_parked" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "push_attempts_parked" FORCE ROW LEVEL SECURITY;
CREATE POLICY "tenant_isolation" ON "push_attempts_parked"
    USING (app_is_system() OR "tenant_id" = app_tenant_id()) WITH CHECK (app_is_system() OR "tenant_id" = app_tenant_id());
