-- safe
-- What an hour was counted again to, for each queue, exchange and subscription; hours of before have it by dimension alone.

-- AlterTable
ALTER TABLE "usage_evidence" ADD COLUMN "counts" JSONB;
