-- part: positions. A position is (ms since 2026-01-01) * 4096 + counter; it never goes back, even when the clock does.
local function clock_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- tostring() would round to 14 digits
local function integer(value)
  return string.format('%d', value)
end

-- Gives out `count` positions in a row; returns the first, and the last that was given out before.
local function take_positions(key, now_ms, count)
  local last = tonumber(redis.call('GET', key) or '0')
  local first = (now_ms - 1767225600000) * 4096
  if first <= last then first = last + 1 end
  redis.call('SET', key, integer(first + count - 1))
  return first, last
end
