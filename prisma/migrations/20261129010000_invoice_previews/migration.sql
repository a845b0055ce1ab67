-- safe
-- The comparison of our preview of the running month with Stripe's: its units and cents, in the report beside the other counts.
-- One invoice may be found with more than one thing that belongs to no meter, so the cause is part of the key.

-- AlterTable
ALTER TABLE "reconciliation_rows" ADD COLUMN "preview" BIGINT,
ADD COLUMN "our_cents" BIGINT,
ADD COLUMN "their_cents" BIGINT,
DROP CONSTRAINT "reconciliation_rows_pkey",
ADD CONSTRAINT "reconciliation_rows_pkey" PRIMARY KEY ("tenant_id", "period_start", "meter", "scope", "hour", "cause");

ALTER TABLE "reconciliation_rows" DROP CONSTRAINT "reconciliation_rows_scope";
ALTER TABLE "reconciliation_rows" ADD CONSTRAINT "reconciliation_rows_scope" CHECK ("scope" IN ('hour', 'period', 'preview'));
