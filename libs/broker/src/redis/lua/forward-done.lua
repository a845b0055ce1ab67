#!lua flags=allow-oom
-- forward-done: note up to where the dead letters of a queue were looked at, and take it off the list when none came since.
-- KEYS  1 queue (hash)   2 dead (stream)   3 forward (set)
-- ARGV  1 queue id   2 place of the last dead letter looked at, '' for none
-- Reply {'done'} | {'more'} | {'queue_not_found'}
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('SREM', KEYS[3], ARGV[1])
  return { 'queue_not_found' }
end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'forwarded', ARGV[2]) end
if redis.call('XRANGE', KEYS[2], ARGV[2] == '' and '-' or '(' .. ARGV[2], '+', 'COUNT', 1)[1] then return { 'more' } end
redis.call('SREM', KEYS[3], ARGV[1])
return { 'done' }
