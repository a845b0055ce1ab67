#!lua
-- publish-plain: publish.lua for the calls that are nearly all: one way, through queues without settings, nothing to decide, no
-- message above 64 KiB (libs/metering/src/usage-batch.ts: such a message is one unit, which needs no counter).
-- KEYS  1 topology (hash)   2 position   3 open usage (hash)   4 wake (sharded channel)   5 log (stream)   6 log bytes
--       then hash and messages of each queue
-- ARGV  1 version of the topology the messages were routed with   2 ids of the queues, separated by spaces
--       3 what the messages are metered on   4 ids of metered exchanges passed, separated by spaces   5 KiB of all messages
--       6 plan and 7 route of each message, as publish.lua, for the log   8 details for the log   9 most bytes in the log   10.. records
-- Reply {'stored', first position, last position given out before} | {'stale'} | {'log_full'} | {'closed', gate} | {'over_quota'}: not all of it fits, publish.lua decides what does
--@include position.lua
--@include gate.lua
local first_record = 10
local in_force = redis.call('HMGET', KEYS[1], 'version', 'log', 'gate')
if (in_force[1] or '0') ~= ARGV[1] then return { 'stale' } end
local logging = in_force[2] ~= 'off'
if logging and tonumber(redis.call('GET', KEYS[6]) or '0') > tonumber(ARGV[9]) then return { 'log_full' } end

local count = #ARGV - first_record + 1
local now_ms = clock_ms()
local hour = math.floor(now_ms / 3600000)
local function count_up(dimension, resource, amount)
  redis.call('HINCRBY', KEYS[3], hour .. dimension .. resource, amount)
end

local gate = in_force[3]
if gate == 'quota' then
  local quota, exchanges = open_quota(now_ms), select(2, string.gsub(ARGV[4], '%S+', ''))
  local costs = { count, tonumber(ARGV[5]), count * exchanges, count * (#KEYS - 6) / 2 }
  if not quota_fits(quota, unpack(costs)) then return { 'over_quota' } end
  quota_take(quota, unpack(costs))
  save_quota(quota)
elseif gate then
  count_up('|mq_blocked|publish|', ARGV[3], count)
  return { 'closed', gate }
end

local first, before = take_positions(KEYS[2], now_ms, count)
local bytes = 0
for i = 1, count do
  local record = ARGV[first_record + i - 1]
  local place = string.format('%d-0', first + i - 1)
  bytes = bytes + #record
  for key = 8, #KEYS, 2 do redis.call('XADD', KEYS[key], place, 'r', record) end
end

count_up('|mq_messages|publish|', ARGV[3], count)
count_up('|mq_kib_in|publish|', ARGV[3], ARGV[5])
for exchange in string.gmatch(ARGV[4], '%S+') do count_up('|mq_exchange_passes|publish|', exchange, count) end
local key = 7
for queue in string.gmatch(ARGV[2], '%S+') do
  count_up('|mq_queue_passes|publish|', queue, count)
  redis.call('HINCRBY', KEYS[key], 'bytes', bytes)
  key = key + 2
end
redis.call('SPUBLISH', KEYS[4], ARGV[2])

local first_text = integer(first)
if logging then
  redis.call('XADD', KEYS[5], '*', 'k', 'p', 'f', first_text, 'plan', ARGV[6], 'r', ARGV[7], 'd', ARGV[8], 'x', '')
  redis.call('INCRBY', KEYS[6], 1 + #first_text + #ARGV[6] + #ARGV[7] + #ARGV[8])
end
return { 'stored', first_text, integer(before) }
