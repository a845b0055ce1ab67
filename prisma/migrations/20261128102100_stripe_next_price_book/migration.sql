-- safe

-- AlterTable
ALTER TABLE "stripe_accounts" ADD COLUMN "next_price_book_id" TEXT;
