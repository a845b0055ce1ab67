#!lua flags=allow-oom
-- active-leave: the active consumer of a single-active-consumer queue goes; who waits may take its place at once.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 consumer
-- Reply {'left'} | {'not_active'} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
if redis.call('HGET', q.hash, 'active') ~= ARGV[2] then return { 'not_active' } end
redis.call('HDEL', q.hash, 'active', 'activeUntil')
redis.call('SPUBLISH', KEYS[4], q.id)
return { 'left' }
