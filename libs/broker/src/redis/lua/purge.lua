#!lua flags=allow-oom
-- purge: remove ready messages up to a position, one bounded step; leased and delayed ones stay.
-- KEYS  1 queue (hash)   2 messages (stream)   3 returned   4 leased   5 delayed (zsets)
-- ARGV  1 last position to remove   2 the position after it   3 most messages read a step   4 most trimmed unread a step
-- Reply {'purged', removed, more to do (0 or 1)} | {'queue_not_found'}
local settings = redis.call('HMGET', KEYS[1], 'cursor', 'leaseMs')
if not settings[2] then return { 'queue_not_found' } end
local last, most = ARGV[1], tonumber(ARGV[3])

if redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[4]) + redis.call('ZCARD', KEYS[5]) == 0 then
  -- Nothing to spare: whole nodes of the stream go without their bodies being read.
  local trimmed = redis.call('XTRIM', KEYS[2], 'MINID', '~', ARGV[2], 'LIMIT', ARGV[4])
  if trimmed > 0 then return { 'purged', trimmed, 1 } end
end

local removed = 0
local returned = redis.call('ZRANGE', KEYS[3], '-inf', last, 'BYSCORE', 'LIMIT', 0, most)
for _, member in ipairs(returned) do
  redis.call('ZREM', KEYS[3], member)
  removed = removed + redis.call('XDEL', KEYS[2], (string.match(member, '^%d+')))
end
local cursor = settings[1] or '0'
local waiting = redis.call('XRANGE', KEYS[2], '(' .. cursor, last, 'COUNT', most)
for _, entry in ipairs(waiting) do
  removed = removed + redis.call('XDEL', KEYS[2], entry[1])
  cursor = string.sub(entry[1], 1, -3)
end
if #waiting > 0 then redis.call('HSET', KEYS[1], 'cursor', cursor) end
return { 'purged', removed, (#returned == most or #waiting == most) and 1 or 0 }
