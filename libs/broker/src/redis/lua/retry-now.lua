#!lua flags=allow-oom
-- retry-now: end the delays of messages that a subscription failed to deliver since a moment, a page at a time. A message that
-- waits because it was published with a delay has no tries, and waits on.
-- KEYS  see queue.lua; one queue; then the tries of the subscription's messages (hash)
-- ARGV  1 queue id   2 since, ms   3 'count' or 'hasten'   4 token to go on after, '' at first   5 most messages looked at
--       6 ms between two of them, 0 for all at once   7 how many were hastened before
-- Reply {'page', token to go on after, '' when done, messages that fit} | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
--@include recover.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local tries, since, hastens, most, apart_ms, before = KEYS[first_queue_key + keys_of_queue], tonumber(ARGV[2]), ARGV[3] == 'hasten', tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now_ms, fit, woken, due = clock_ms(), 0, false, nil

-- Tried in vain since then; what was noted before moments were kept counts as well.
local function has_failed(position)
  local field = integer(tonumber(position))
  local found = redis.call('HMGET', tries, field, 'at:' .. field)
  return found[1] and (not found[2] or tonumber(found[2]) >= since)
end

local function hasten(member, score)
  local position, deliveries, size = parts_of(member)
  local moment = now_ms + (before + fit) * apart_ms
  if moment >= score then return end
  if moment > now_ms then
    redis.call('ZADD', q.delayed, moment, member)
    if not due or moment < due then due = moment end
    return
  end
  redis.call('ZREM', q.delayed, member)
  note(q, 'd', position, deliveries)
  woken = make_ready(q, position, deliveries, size) or woken
end

local after_score, after_member = string.match(ARGV[4], '^(%d+)|(.*)$')
local token, looked = '', 0
-- More than asked for, because several may share the moment that the token names.
local entries = redis.call('ZRANGE', q.delayed, after_score or '-inf', '+inf', 'BYSCORE', 'LIMIT', 0, most + 200, 'WITHSCORES')
for i = 1, #entries, 2 do
  local member, score = entries[i], entries[i + 1]
  if not after_member or score ~= after_score or member > after_member then
    if looked == most then break end
    looked, token = looked + 1, score .. '|' .. member
    if has_failed((parts_of(member))) then
      if hastens then hasten(member, tonumber(score)) end
      fit = fit + 1
    end
  end
end
if due then redis.call('ZADD', KEYS[5], 'LT', due, q.id) end
if woken then redis.call('SPUBLISH', KEYS[4], q.id) end
finish(q)
return { 'page', looked == most and token or '', fit }
