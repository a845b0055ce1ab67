#!lua
-- publish: store messages in every queue they were routed to, count them and wake consumers; all or nothing.
-- No allow-oom flag: at the memory limit it is refused before it writes, while consuming goes on.
-- KEYS  1 topology (hash)   2 position   3 open usage (hash)   4 wake (sharded channel)   5.. messages of each queue (stream)
-- ARGV  1 version of the topology the messages were routed with
--       2 JSON {"queues": [id, ...], "routes": [{"on": resource id, "exchanges": [metered id, ...], "queues": [index, ...]}, ...]}
--       3 route of each message, two bytes, big-endian, from 0   4.. records
-- Reply {'stored', first position} | {'stale'}
--@include position.lua
local first_record, first_queue_key = 4, 5

local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version ~= ARGV[1] then return { 'stale' } end

local plan = cjson.decode(ARGV[2])
local route_of = ARGV[3]
local count = #ARGV - first_record + 1
local now_ms = clock_ms()
local first = take_positions(KEYS[2], now_ms, count)

local messages, kib = {}, {}
for r = 1, #plan.routes do
  messages[r], kib[r] = 0, 0
end

for i = 1, count do
  local high, low = string.byte(route_of, i * 2 - 1, i * 2)
  local r = high * 256 + low + 1
  local record = ARGV[first_record + i - 1]
  local place = string.format('%d-0', first + i - 1)
  local queues = plan.routes[r].queues
  for j = 1, #queues do
    redis.call('XADD', KEYS[first_queue_key + queues[j]], place, 'r', record)
  end
  local a, b, c = string.byte(record, 2, 4)
  messages[r] = messages[r] + 1
  kib[r] = kib[r] + a * 65536 + b * 256 + c
end

local hour = math.floor(now_ms / 3600000)
local function count_up(dimension, resource, amount)
  redis.call('HINCRBY', KEYS[3], hour .. '|' .. dimension .. '|publish|' .. resource, amount)
end
for r, route in ipairs(plan.routes) do
  count_up('mq_messages', route.on, messages[r])
  count_up('mq_kib_in', route.on, kib[r])
  for _, exchange in ipairs(route.exchanges) do count_up('mq_exchange_passes', exchange, messages[r]) end
  for _, queue in ipairs(route.queues) do count_up('mq_queue_passes', plan.queues[queue + 1], messages[r]) end
  if #route.queues == 0 then count_up('mq_unroutable', route.on, messages[r]) end
end

if #plan.queues > 0 then redis.call('SPUBLISH', KEYS[4], table.concat(plan.queues, ' ')) end
return { 'stored', integer(first) }
