#!lua flags=allow-oom
-- put-source: write the gateways' copy of a source, unless a newer one is there.
-- KEYS  1 source (hash: version, value)
-- ARGV  1 version   2 value (JSON), '' when the source was deleted   3 ms to remember that it was deleted
-- Reply {'written' | 'older', version now there}
local there = redis.call('HGET', KEYS[1], 'version')
if there and tonumber(there) > tonumber(ARGV[1]) then return {'older', there} end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
if ARGV[2] == '' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) else redis.call('PERSIST', KEYS[1]) end
return {'written', ARGV[1]}
