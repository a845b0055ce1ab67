#!lua flags=allow-oom
-- reclaim: take back what ran out in one queue, and note when to look again.
-- KEYS  1 queue (hash)   2 messages (stream)   3 returned   4 leased   5 delayed (zsets)   6 dead (stream)   7 due (zset)
--       8 open usage (hash)   9 position   10 wake (sharded channel)
-- ARGV  1 queue id   2 most leases and most delays to take back
-- Reply {'reclaimed', back in the queue, dead, more to do (0 or 1)} | {'queue_not_found'}
--@include position.lua
--@include recover.lua
local limit = redis.call('HGET', KEYS[1], 'deliveryLimit')
if not limit then
  redis.call('ZREM', KEYS[7], ARGV[1])
  return { 'queue_not_found' }
end
local q = {
  id = ARGV[1], limit = tonumber(limit), messages = KEYS[2], returned = KEYS[3], leased = KEYS[4], delayed = KEYS[5],
  dead = KEYS[6], usage = KEYS[8], position = KEYS[9],
}
local now_ms = clock_ms()
local back, dead = recover(q, now_ms, tonumber(ARGV[2]))
local due = next_due(q)
if due then redis.call('ZADD', KEYS[7], due, q.id) else redis.call('ZREM', KEYS[7], q.id) end
if back > 0 then redis.call('SPUBLISH', KEYS[10], q.id) end
return { 'reclaimed', back, dead, (due and due <= now_ms) and 1 or 0 }
