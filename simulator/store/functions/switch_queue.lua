-- ARGV: keep, 1: stopped -> nothing
redis.call('HSET', base, 'by_hand', ARGV[2])
redis.call('PEXPIRE', base, keep)
return {}
