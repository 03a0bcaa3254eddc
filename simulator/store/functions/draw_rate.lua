-- ARGV: keep, now, key, refill (3) -> nothing: one was let through
local key = prefix .. 'rate:' .. ARGV[3]
local drawn = redis.call('HMGET', key, 'level', 'since')
local tank = { level = tonumber(drawn[1] or 0), since = tonumber(drawn[2] or 0) }
fill(tank, 1, drain_from(4), tonumber(ARGV[2]))
redis.call('HSET', key, 'level', tank.level, 'since', tank.since)
redis.call('PEXPIRE', key, keep)
return {}
