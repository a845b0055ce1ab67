#!lua
-- reply-put: leave the answer at the address of a request, count it like a publish and wake the requester; once.
-- KEYS  1 reply address (string, empty while the requester waits)   2 position   3 open usage (hash)   4 wake (sharded channel)
-- ARGV  1 record   2 resource the answer is metered on   3 word the requester listens for
-- Reply {'stored', position} | {'gone'} nobody waits, or it was answered before
--@include position.lua
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('STRLEN', KEYS[1]) > 0 then return { 'gone' } end
local now_ms = clock_ms()
local position = take_positions(KEYS[2], now_ms, 1)
redis.call('SET', KEYS[1], string.format('%016d', position) .. ARGV[1], 'KEEPTTL')
local a, b, c = string.byte(ARGV[1], 2, 4)
local hour = math.floor(now_ms / 3600000)
redis.call('HINCRBY', KEYS[3], hour .. '|mq_messages|publish|' .. ARGV[2], 1)
local kib = a * 65536 + b * 256 + c
redis.call('HINCRBY', KEYS[3], hour .. '|mq_kib_in|publish|' .. ARGV[2], kib)
if kib > 64 then redis.call('HINCRBY', KEYS[3], hour .. '|mq_message_units|publish|' .. ARGV[2], math.ceil(kib / 64) - 1) end
redis.call('SPUBLISH', KEYS[4], ARGV[3])
return { 'stored', integer(position) }
