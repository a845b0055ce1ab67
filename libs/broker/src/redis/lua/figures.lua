#!lua flags=no-writes
-- figures: depths, age and totals of one queue, without touching a message.
-- KEYS  see queue.lua; one queue
-- ARGV  1 queue id
-- Reply {'figures', ready, leased, delayed, deferred, dead, bytes, position of the oldest ready or '', ever stored, ever removed, now ms,
--        paused: '', 'on' or until ms, active consumer or '', parked groups}
--       | {'queue_not_found'}
--@include position.lua
--@include queue.lua
--@include line.lua
local q = queue_at(first_queue_key, ARGV[1])
if not load(q) then return { 'queue_not_found' } end
local now_ms = clock_ms()
local stored, added = redis.call('XLEN', q.messages), 0
if redis.call('EXISTS', q.messages) == 1 then
  local info = redis.call('XINFO', 'STREAM', q.messages)
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then added = info[i + 1] end
  end
end
local leased, delayed, deferred = redis.call('ZCARD', q.leased), redis.call('ZCARD', q.delayed), redis.call('ZCARD', q.deferred)
local ready = stored - leased - delayed - deferred

local function oldest()
  if ready <= 0 then return '' end
  if q.kind == 'standard' then
    local member = redis.call('ZRANGE', q.waiting, 0, 0)[1]
    if member then return (parts_of(member)) end
    for _, entry in ipairs(redis.call('XRANGE', q.messages, '(' .. integer(q.cursor), '+', 'COUNT', 20)) do
      local position = string.sub(entry[1], 1, -3)
      if not redis.call('ZSCORE', q.delayed, member_of(position, 0, size_of(entry[2][2]))) then return position end
    end
    return ''
  end
  -- Leased messages are among them: the oldest message not settled bounds the age.
  local entry = redis.call('XRANGE', q.messages, '-', '+', 'COUNT', 1)[1]
  return entry and string.sub(entry[1], 1, -3) or ''
end

local state = redis.call('HMGET', q.hash, 'bytes', 'active', 'activeUntil')
local paused = q.paused and (q.paused == 'on' or tonumber(q.paused) > now_ms) and q.paused or ''
local active = state[2] and tonumber(state[3]) > now_ms and q.single and state[2] or ''
return {
  'figures', ready, leased, delayed, deferred, redis.call('XLEN', q.dead), tonumber(state[1] or '0'), oldest(), added, added - stored, now_ms,
  paused, active, redis.call('HLEN', q.parked),
}
