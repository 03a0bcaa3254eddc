-- ARGV: keep -> how many draws there were before this one
local number = redis.call('HINCRBY', base, 'draws', 1) - 1
redis.call('PEXPIRE', base, keep)
return { number }
