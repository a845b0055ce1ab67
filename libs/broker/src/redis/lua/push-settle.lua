#!lua flags=allow-oom
-- push-settle: end leases by what a destination answered, count the calls, record the attempts, keep the state of the
-- subscription. One step, so that no attempt is counted and not recorded, or the other way round. A call that is sent
-- again because its answer was lost does nothing.
-- KEYS  see queue.lua; one queue; then attempts (stream), bytes of it, the subscription (hash), tries of its messages and, as at:<position>, when the last failed (hash)
-- ARGV  1 queue id   2 subscription id   3 id of this call, <run>:<number>, given once   4 calls to count   5 attempts, JSON, or ''
--       6 state, or '' to keep it   7 'accept', and leases that are accepted, separated by spaces, all of them without tries; or 'each', and four per
--       receipt, as settle.lua, and:
--       again delay ms, tries   back in the queue; the hand-out counts for no limit. tries: of the message so far, '' to keep it
--       accept and reject may say 'tried' as their second argument: the message has tries to forget
-- Reply {'settled', run of the subscription, bytes of attempts that wait, outcome, ...} | {'accepted', run, bytes} when all were
--       | {'repeated', run, bytes} | {'queue_not_found', run, bytes}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
--@include settled.lua
--@include settling.lua
local first_settlement, tries_kept_ms = 8, 3888000000
local more = first_queue_key + keys_of_queue
local attempts, attempt_bytes, subscription, tries = KEYS[more], KEYS[more + 1], KEYS[more + 2], KEYS[more + 3]
-- The last call of each run; runs that overlap, when a worker was held up and another took over, are few.
local settled_field = 'settled:' .. string.match(ARGV[3], '^%d+') % 4
local known = redis.call('HMGET', subscription, 'run', settled_field)
local run = tonumber(known[1] or '0')
local function waiting() return tonumber(redis.call('GET', attempt_bytes) or '0') end
if known[2] == ARGV[3] then return { 'repeated', run, waiting() } end

local now_ms = clock_ms()
if ARGV[6] == '' then
  redis.call('HSET', subscription, settled_field, ARGV[3])
else
  redis.call('HSET', subscription, settled_field, ARGV[3], 'state', ARGV[6])
end
count_usage(now_ms, 'mq_push_attempts', 'push', ARGV[2], tonumber(ARGV[4]))
if ARGV[5] ~= '' then
  -- The server dates an entry when it is appended, maybe an hour after it was counted.
  local counted = integer(now_ms)
  redis.call('XADD', attempts, '*', 's', ARGV[2], 'a', ARGV[5], 't', counted)
  redis.call('INCRBY', attempt_bytes, #ARGV[2] + #ARGV[5] + #counted)
end

local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found', run, waiting() } end

carry_out.again = function(s, position, deliveries, size, delay_ms, tried)
  delay_ms = tonumber(delay_ms)
  -- Not below 1: the first hand-out of a message counts the bytes that go out.
  deliveries = math.max(1, deliveries - 1)
  if tried ~= '' then
    local field = integer(tonumber(position))
    redis.call('HSET', tries, field, tried, 'at:' .. field, integer(s.now_ms))
    redis.call('PEXPIRE', tries, tries_kept_ms)
  end
  if has_expired(q, position, s.now_ms) then
    die(q, position, deliveries, size, 'expired', s.now_ms)
    return 'dead_lettered'
  end
  if delay_ms > 0 then
    redis.call('ZADD', q.delayed, s.now_ms + delay_ms, member_of(position, deliveries, size))
    sooner(s, s.now_ms + delay_ms)
  else
    s.woken = make_ready(q, position, deliveries, size) or s.woken
  end
  return 'released', 'r', integer(delay_ms)
end

local settlements = settling(q, now_ms)
local results
if ARGV[first_settlement - 1] == 'accept' then
  results = accept_leases(settlements, leases_in(ARGV[first_settlement]))
else
  results = settle_all(settlements, first_settlement)
  for i = first_settlement, #ARGV, 4 do
    if ARGV[i + 3] == 'tried' then
      local field = string.match(ARGV[i + 1], '^0*(%d+)')
      redis.call('HDEL', tries, field, 'at:' .. field)
    end
  end
end
if settlements.all_accepted then return { 'accepted', run, waiting() } end
return { 'settled', run, waiting(), unpack(results) }
