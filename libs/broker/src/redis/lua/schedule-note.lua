#!lua flags=allow-oom
-- schedule-note: write down what a run came to, and go on to the next one when the run stored nothing.
-- KEYS  1 schedules (hash)   2 due (zset)   3 runs (hash)
-- ARGV  1 name   2 what the run came to, JSON   3 when it was due ms, '' when the publish has gone on already   4 next run ms, '' for none
-- Reply {'noted'} | {'moved_on'}: another worker ran it, or it was changed or deleted
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return { 'moved_on' } end
if ARGV[3] ~= '' then
  if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[3] then return { 'moved_on' } end
  if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
return { 'noted' }
