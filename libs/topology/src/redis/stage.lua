#!lua flags=allow-oom
-- stage: lay down a part of a topology that is being rebuilt beside the one in force.
-- KEYS  1 topology in force (hash)   2 staging (hash)   3 due (zset)   then the hash of each queue, then keys to unlink
-- ARGV  1 version seen in force ('': none)   2 seconds until an abandoned staging goes   3 fields   4 queues
--       5 arguments per queue
--       then field, value per field; settings as field, value, ... per queue; id per queue forgotten (at most 1,000 of all)
-- Reply {'staged'} | {'superseded'} when another version came into force since
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return { 'superseded' } end
local fields, queues, per_queue = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local at = 6
for _ = 1, fields do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('EXPIRE', KEYS[2], ARGV[2])
for i = 1, queues do
  redis.call('HSET', KEYS[3 + i], unpack(ARGV, at, at + per_queue - 1))
  at = at + per_queue
end
for i = 4 + queues, #KEYS do redis.call('UNLINK', KEYS[i]) end
for i = at, #ARGV do redis.call('ZREM', KEYS[3], ARGV[i]) end
return { 'staged' }
