#!lua flags=allow-oom
-- reclaim: take back what ran out in one queue, and note when to look again.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 most of each kind (leases, delays, deferrals, lives) to end
-- Reply {'reclaimed', back in the queue, dead, more to do (0 or 1)} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then
  redis.call('ZREM', KEYS[5], ARGV[1])
  return { 'queue_not_found' }
end
local now_ms = clock_ms()
local back, dead = recover(q, now_ms, tonumber(ARGV[2]))
local due = next_due(q)
if due then redis.call('ZADD', KEYS[5], due, q.id) else redis.call('ZREM', KEYS[5], q.id) end
if back > 0 or (dead > 0 and q.kind == 'fifo') then redis.call('SPUBLISH', KEYS[4], q.id) end
finish(q)
return { 'reclaimed', back, dead, (due and due <= now_ms) and 1 or 0 }
