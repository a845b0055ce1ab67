#!lua flags=allow-oom
-- drop-parked: forget a batch that was put aside. One that is back in line is left alone.
-- KEYS  1 parked batches (list)   2 batch (hash)
-- ARGV  1 batch id
-- Reply {'dropped'} | {'absent'}
if redis.call('LREM', KEYS[1], 0, ARGV[1]) == 0 then return { 'absent' } end
redis.call('UNLINK', KEYS[2])
return { 'dropped' }
