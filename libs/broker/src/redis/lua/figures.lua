#!lua flags=no-writes
-- figures: depths, age and totals of one queue, without touching a message.
-- KEYS  1 queue (hash)   2 messages (stream)   3 returned   4 leased   5 delayed (zsets)   6 dead (stream)
-- ARGV  -
-- Reply {'figures', ready, leased, delayed, dead, position of the oldest ready or '', ever stored, ever removed, now ms}
--       | {'queue_not_found'}
--@include position.lua
local settings = redis.call('HMGET', KEYS[1], 'cursor', 'leaseMs')
if not settings[2] then return { 'queue_not_found' } end
local stored, added = redis.call('XLEN', KEYS[2]), 0
if redis.call('EXISTS', KEYS[2]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then added = info[i + 1] end
  end
end
local leased, delayed = redis.call('ZCARD', KEYS[4]), redis.call('ZCARD', KEYS[5])
local oldest = string.match(redis.call('ZRANGE', KEYS[3], 0, 0)[1] or '', '^%d+') or ''
if oldest == '' and stored > leased + delayed then
  local entry = redis.call('XRANGE', KEYS[2], '(' .. (settings[1] or '0'), '+', 'COUNT', 1)[1]
  if entry then oldest = string.sub(entry[1], 1, -3) end
end
return { 'figures', stored - leased - delayed, leased, delayed, redis.call('XLEN', KEYS[6]), oldest, added, added - stored, clock_ms() }
