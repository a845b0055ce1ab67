#!lua flags=allow-oom
-- take-tokens: token buckets that all must have room; each holds what one second brings, and a call that needs more
-- than that goes through a full one and leaves it in debt.
-- KEYS  1.. buckets (hash: tokens, at)
-- ARGV  1 tokens needed   2 tokens wanted, at least those needed   3.. tokens a second of each bucket
-- Reply {granted (0 or at least those needed), ms until the needed ones are there, tokens left in each bucket ...}
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
local needed, granted, wait_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
local tokens = {}
for i, key in ipairs(KEYS) do
  local rate = tonumber(ARGV[2 + i])
  local found = redis.call('HMGET', key, 'tokens', 'at')
  local since = math.max(0, now_ms - tonumber(found[2] or now_ms))
  tokens[i] = math.min(rate, tonumber(found[1] or rate) + since * rate / 1000)
  local least = math.min(needed, rate)
  if tokens[i] < least then wait_ms = math.max(wait_ms, math.ceil((least - tokens[i]) * 1000 / rate)) end
  granted = math.min(granted, math.max(needed, math.floor(tokens[i])))
end
if wait_ms > 0 then granted = 0 end
local reply = { granted, wait_ms }
for i, key in ipairs(KEYS) do
  local rate = tonumber(ARGV[2 + i])
  local left = tokens[i] - granted
  redis.call('HSET', key, 'tokens', string.format('%.6f', left), 'at', now_ms)
  redis.call('PEXPIRE', key, math.ceil((rate - left) * 1000 / rate) + 1000)
  reply[2 + i] = math.max(0, math.floor(left))
end
return reply
