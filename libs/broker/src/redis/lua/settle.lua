#!lua flags=allow-oom
-- settle: end or extend leases, each by its receipt; one that cannot be settled does not stop the others.
-- KEYS  1 queue (hash)   2 messages (stream)   3 returned   4 leased   5 delayed (zsets)   6 dead (stream)   7 due (zset)
--       8 open usage (hash)   9 position   10 settled   11 settled before (sets)   12 wake (sharded channel)
-- ARGV  1 queue id, then three per receipt: what to do, '<position>:<deliveries>', its argument
--       accept -, release delay ms, reject reason, extend lease ms
-- Reply {'settled', outcome, ...}: 'accepted' | 'released' | 'rejected' | 'dead_lettered' | 'already_settled' | 'lease_lost' | new deadline ms
--       | {'queue_not_found'}
--@include position.lua
--@include recover.lua
local remembered, remembered_ms = 5000, 600000

local limit = redis.call('HGET', KEYS[1], 'deliveryLimit')
if not limit then return { 'queue_not_found' } end
local q = {
  id = ARGV[1], limit = tonumber(limit), messages = KEYS[2], returned = KEYS[3], leased = KEYS[4], delayed = KEYS[5],
  dead = KEYS[6], usage = KEYS[8], position = KEYS[9],
}
local now_ms = clock_ms()
local reply, ended, due, woken = { 'settled' }, {}, nil, false

local function sooner(moment)
  if not due or moment < due then due = moment end
end

local carry_out = {
  accept = function(member)
    redis.call('XDEL', q.messages, (split(member)))
    return 'accepted'
  end,
  release = function(member, delay_ms)
    local _, deliveries = split(member)
    local may_come_back = q.limit == 0 or tonumber(deliveries) < q.limit
    if may_come_back and tonumber(delay_ms) > 0 then
      redis.call('ZADD', q.delayed, now_ms + delay_ms, member)
      sooner(now_ms + delay_ms)
    else
      woken = give_back(q, member, now_ms) or woken
    end
    return may_come_back and 'released' or 'dead_lettered'
  end,
  reject = function(member, reason)
    local position, deliveries = split(member)
    bury(q, position, deliveries, reason, now_ms)
    return 'rejected'
  end,
}

for i = 2, #ARGV, 3 do
  local action, member, argument = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local deadline = tonumber(redis.call('ZSCORE', q.leased, member) or '0')
  if deadline > now_ms then
    if action == 'extend' then
      redis.call('ZADD', q.leased, now_ms + argument, member)
      sooner(now_ms + argument)
      reply[#reply + 1] = now_ms + argument
    else
      redis.call('ZREM', q.leased, member)
      reply[#reply + 1] = carry_out[action](member, argument)
      ended[#ended + 1] = member
      redis.call('SADD', KEYS[10], member)
    end
  elseif redis.call('SISMEMBER', KEYS[10], member) == 1 or redis.call('SISMEMBER', KEYS[11], member) == 1 then
    reply[#reply + 1] = 'already_settled'
  else
    reply[#reply + 1] = 'lease_lost'
  end
end

if #ended > 0 then
  if redis.call('SCARD', KEYS[10]) > remembered then redis.call('RENAME', KEYS[10], KEYS[11]) end
  redis.call('PEXPIRE', KEYS[10], remembered_ms)
  redis.call('PEXPIRE', KEYS[11], remembered_ms)
end
if due then redis.call('ZADD', KEYS[7], 'LT', due, q.id) end
if woken then redis.call('SPUBLISH', KEYS[12], q.id) end
return reply
