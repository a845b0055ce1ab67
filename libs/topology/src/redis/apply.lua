#!lua flags=allow-oom
-- apply: put the next version of a namespace's topology into force; never goes back, never leaves one out.
-- KEYS  1 topology (hash)   2 changes (stream)   3 due (zset)
--       then the hash of each queue put, then every key of each queue dropped
-- ARGV  1 version   2 steps (JSON)   3 entries kept in the stream   4 fields set   5 fields deleted   6 queues put
--       7 arguments per queue put
--       then field, value per field set; field per field deleted; settings as field, value, ... per queue put;
--       id per queue dropped (at most 1,000 of all together)
-- What the broker keeps in a queue's hash beside the settings stays.
-- Reply {'applied' | 'already' | 'behind', version now in force}
local in_force = redis.call('HGET', KEYS[1], 'version') or '0'
local now, version = tonumber(in_force), tonumber(ARGV[1])
if version <= now then return { 'already', in_force } end
if version ~= now + 1 then return { 'behind', in_force } end

-- A stream that does not end at the version in force outlived its snapshot: no gateway may go on from it,
-- and XADD would refuse to append after the fields were written.
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if last and last[1] ~= in_force .. '-0' then redis.call('UNLINK', KEYS[2]) end

local sets, deletes, queues, per_queue = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
redis.call('HSET', KEYS[1], 'version', ARGV[1])
local at = 8
for _ = 1, sets do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for _ = 1, deletes do
  redis.call('HDEL', KEYS[1], ARGV[at])
  at = at + 1
end
for i = 1, queues do
  redis.call('HSET', KEYS[3 + i], unpack(ARGV, at, at + per_queue - 1))
  at = at + per_queue
end
for i = 4 + queues, #KEYS do redis.call('UNLINK', KEYS[i]) end
for i = at, #ARGV do redis.call('ZREM', KEYS[3], ARGV[i]) end
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], ARGV[1] .. '-0', 'ops', ARGV[2])
return { 'applied', ARGV[1] }
