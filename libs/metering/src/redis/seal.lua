#!lua flags=allow-oom
-- seal: close the open usage counters of a namespace into a batch; counting goes on in a new hash.
-- KEYS  1 open usage (hash)   2 batch (hash)   3 sealed batches (list)
-- ARGV  1 batch id
-- Reply {'sealed'} | {'nothing'}
if redis.call('EXISTS', KEYS[1]) == 0 then return { 'nothing' } end
local now = redis.call('TIME')
-- The rename comes last: until then a key of another type stops the script with every count still in place.
redis.call('HSET', KEYS[1], '@sealedAtMs', string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)))
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('RENAME', KEYS[1], KEYS[2])
return { 'sealed' }
