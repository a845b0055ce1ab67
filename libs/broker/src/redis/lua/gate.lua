-- part: whether a namespace may publish (libs/metering/src/terms). `gate` of the topology hash: absent, `cap`, `stop`,
-- `overdue`, `shut` (stops claims as well) or `quota`.
-- A quota is four numbers: messages, KiB, exchange passes, queue passes. `limits`: '<n> <n> <n> <n>', '-' for none;
-- `used`: '<month> <n> <n> <n> <n>' with month = year * 12 + month (UTC). KEYS 1 topology (hash).

-- Days to a civil month: Howard Hinnant, chrono-compatible low-level date algorithms, civil_from_days.
local function month_of(now_ms)
  local z = math.floor(now_ms / 86400000) + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local mp = math.floor((5 * (doe - 365 * yoe - math.floor(yoe / 4) + math.floor(yoe / 100)) + 2) / 153)
  -- March is the first month of that year.
  return (yoe + era * 400) * 12 + mp + 3
end

local function open_quota(now_ms)
  local found = redis.call('HMGET', KEYS[1], 'limits', 'used')
  local quota = { month = month_of(now_ms), limits = {}, used = { 0, 0, 0, 0 } }
  for limit in string.gmatch(found[1] or '- - - -', '%S+') do quota.limits[#quota.limits + 1] = tonumber(limit) or math.huge end
  local month, a, b, c, d = string.match(found[2] or '', '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  -- A clock that goes back opens no month again.
  if month and tonumber(month) >= quota.month then
    quota.month, quota.used = tonumber(month), { tonumber(a), tonumber(b), tonumber(c), tonumber(d) }
  end
  return quota
end

local function quota_fits(quota, ...)
  for i = 1, 4 do
    if quota.used[i] + select(i, ...) > quota.limits[i] then return false end
  end
  return true
end

local function quota_take(quota, ...)
  for i = 1, 4 do quota.used[i] = quota.used[i] + select(i, ...) end
end

local function save_quota(quota)
  redis.call('HSET', KEYS[1], 'used', string.format('%d %d %d %d %d', quota.month, unpack(quota.used)))
end
