#!lua flags=allow-oom
-- stage: lay down a part of a topology that is being rebuilt beside the one in force.
-- KEYS  1 topology in force (hash)   2 staging (hash)   then the hash of each queue, then keys to unlink
-- ARGV  1 version seen in force ('': none)   2 seconds until an abandoned staging goes   3 fields   4 queues
--       then field, definition per field; name, lease ms, delivery limit (0: none) per queue (at most 1,000 of all)
-- Reply {'staged'} | {'superseded'} when another version came into force since
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return { 'superseded' } end
local fields, queues = tonumber(ARGV[3]), tonumber(ARGV[4])
local at = 5
for _ = 1, fields do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
for i = 1, queues do
  redis.call('HSET', KEYS[2 + i], 'name', ARGV[at], 'leaseMs', ARGV[at + 1], 'deliveryLimit', ARGV[at + 2])
  at = at + 3
end
for i = 3 + queues, #KEYS do redis.call('UNLINK', KEYS[i]) end
return { 'staged' }
