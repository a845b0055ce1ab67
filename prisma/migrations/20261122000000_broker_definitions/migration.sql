-- safe
-- New columns with defaults that say what the rows of before meant; a process that does not know them goes on.

-- AlterTable
ALTER TABLE "namespaces" ADD COLUMN "message_log" BOOLEAN NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "exchanges" ADD COLUMN "alternate" TEXT,
ADD COLUMN "settings" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "queues" ADD COLUMN "dead_letter_exchange" TEXT,
ADD COLUMN "delete_when_idle_seconds" INTEGER,
ADD COLUMN "settings" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "bindings" ADD COLUMN "absent" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "filter" JSONB,
ADD COLUMN "split" TEXT,
ADD COLUMN "weight" INTEGER NOT NULL DEFAULT 1;

-- CreateIndex
CREATE INDEX "queues_delete_when_idle_seconds_id_idx" ON "queues"("delete_when_idle_seconds", "id");
