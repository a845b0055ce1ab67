#!lua flags=allow-oom
-- move: put a sealed batch aside, or back in line; the batch itself stays as it is.
-- KEYS  1 list it is in   2 list it goes to
-- ARGV  1 batch id   2 end it goes to (LEFT or RIGHT)
-- Reply {'moved'} | {'absent'} when another drainer was first
if redis.call('LREM', KEYS[1], 0, ARGV[1]) == 0 then return { 'absent' } end
redis.call(ARGV[2] == 'LEFT' and 'LPUSH' or 'RPUSH', KEYS[2], ARGV[1])
return { 'moved' }
