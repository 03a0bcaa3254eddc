-- The first node of a run starts its clock, and says how fast it goes and what the seed is; the others hear of it.
-- ARGV: keep, scale in millionths, seed, node, its lease in milliseconds, the start as it knows it (0: it does not),
--      1: its events are all in the stream, 0: some that were kept while the store was lost are still to come,
--      where the clock is as it knows it, if it is moved by hand: the scale is 0 then
--   -> the start and now (microseconds of the server's clock), the run's scale, 1: its seed is this one,
--      a number that only this start of the server has, and where a clock that is moved by hand is
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local clock = run .. ':clock'
redis.call('HSETNX', clock, 'start', ARGV[6] == '0' and now or ARGV[6])
redis.call('HSETNX', clock, 'scale', ARGV[2])
redis.call('HSETNX', clock, 'seed', ARGV[3])
redis.call('PEXPIRE', clock, keep)
local known = redis.call('HMGET', clock, 'start', 'scale', 'seed')
local moment = math.max(tonumber(redis.call('HGET', clock, 'moment') or 0), tonumber(ARGV[8]))
local fits = known[2] == ARGV[2] and known[3] == ARGV[3]
if fits then
  redis.call('HSET', clock, 'moment', string.format('%.0f', moment))
  redis.call('HSET', run .. ':reached', ARGV[4], ARGV[8])
  redis.call('PEXPIRE', run .. ':reached', keep)
  redis.call('SADD', run .. ':nodes', ARGV[4])
  redis.call('PEXPIRE', run .. ':nodes', keep)
  redis.call('SET', run .. ':node:' .. ARGV[4], ARGV[7], 'PX', ARGV[5])
end
local life = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '0'
return { tonumber(known[1]), now, tonumber(known[2]), known[3] == ARGV[3] and 1 or 0, tonumber(string.sub(life, 1, 13), 16), moment }
