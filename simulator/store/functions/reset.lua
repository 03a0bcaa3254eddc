-- ARGV: keep -> nothing: as before the first contact, but for open connections
local resets = redis.call('HINCRBY', base, 'resets', 1)
redis.call('DEL', base)
redis.call('HSET', base, 'resets', resets)
redis.call('PEXPIRE', base, keep)
return {}
