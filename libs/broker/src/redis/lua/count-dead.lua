#!lua flags=no-writes
-- count-dead: dead letters from a place on, a page at a time. No body leaves the store.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 place among the dead to count after   3 most messages counted
-- Reply {'page', place to go on after, '' when done, how many} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local found = redis.call('XRANGE', q.dead, '(' .. ARGV[2], '+', 'COUNT', ARGV[3])
return { 'page', #found == tonumber(ARGV[3]) and string.sub(found[#found][1], 1, -3) or '', #found }
