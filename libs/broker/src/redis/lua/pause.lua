#!lua flags=allow-oom
-- pause: hand nothing out until a moment, or until resumed; or resume.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 'on', ms from now, or '' to resume
-- Reply {'paused', until ms or 0} | {'resumed'} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if ARGV[2] == '' then
  redis.call('HDEL', q.hash, 'paused')
  redis.call('SPUBLISH', KEYS[4], q.id)
  return { 'resumed' }
end
local till = ARGV[2] == 'on' and 0 or clock_ms() + ARGV[2]
redis.call('HSET', q.hash, 'paused', till == 0 and 'on' or integer(till))
return { 'paused', till }
