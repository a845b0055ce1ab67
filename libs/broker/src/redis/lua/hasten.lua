#!lua flags=allow-oom
-- hasten: end the delay of one message now.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 member of `delayed`
-- Reply {'hastened'} | {'not_delayed'} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if redis.call('ZREM', q.delayed, ARGV[2]) == 0 then return { 'not_delayed' } end
local position, deliveries, size = parts_of(ARGV[2])
note(q, 'd', position, deliveries)
if make_ready(q, position, deliveries, size) then redis.call('SPUBLISH', KEYS[4], q.id) end
finish(q)
return { 'hastened' }
