-- The clock of the run, which is moved by hand, is moved for all.
-- ARGV: keep, by how many microseconds -> where it is now
local moment = redis.call('HINCRBY', run .. ':clock', 'moment', ARGV[2])
redis.call('PEXPIRE', run .. ':clock', keep)
return { moment }
