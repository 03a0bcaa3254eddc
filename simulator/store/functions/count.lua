-- ARGV: keep, now, whether windows begin with the first contact, key -> how often it has come up, and since when
local now, first = first_contact(ARGV[2])
local key = prefix .. 'count:' .. ARGV[4]
local times = redis.call('HINCRBY', key, 'times', 1)
local since
if times == 1 then
  since = ARGV[3] == '1' and first or now
  redis.call('HSET', key, 'since', since)
else
  since = tonumber(redis.call('HGET', key, 'since'))
end
redis.call('PEXPIRE', key, keep)
return { times, since }
