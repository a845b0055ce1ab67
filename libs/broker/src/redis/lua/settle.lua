#!lua flags=allow-oom
-- settle: end or extend leases, each by its receipt; one that cannot be settled does not stop the others.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id, then 'accept all' and the leases, separated by spaces; or four per receipt: what to do, the lease (member of `leased`), its argument, its second argument
--       accept - -, release delay ms -, reject reason -, extend lease ms -, defer key return ms
-- Reply {'settled', outcome, ...}: 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'deferred' | 'already_settled' | 'lease_lost'
--       | 'deferred_key_taken' | new deadline ms
--       | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
--@include settled.lua
--@include settling.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
return { 'settled', unpack(settle_all(settling(q, clock_ms()), 2)) }
