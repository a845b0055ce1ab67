#!lua flags=allow-oom
-- purge-dead: remove the oldest dead letters, one bounded step.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id   2 place of the last one to remove   3 most
-- Reply {'purged', removed, more to do (0 or 1)} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local freed, found, gone = 0, redis.call('XRANGE', q.dead, '-', ARGV[2], 'COUNT', ARGV[3]), {}
for i, entry in ipairs(found) do
  forget_body(entry[2][2])
  redis.call('XDEL', q.dead, entry[1])
  freed = freed + #entry[2][2]
  gone[i] = entry[2][4]
end
note_dead_bytes(q, -freed)
log_of_queue('g', q, gone)
return { 'purged', #found, #found == tonumber(ARGV[3]) and 1 or 0 }
