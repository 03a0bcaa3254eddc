-- ARGV: keep, now, triplet, delay, window, lifetime -> 1: it is to be refused
local now, delay, window, lifetime = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local key = prefix .. 'triplet:' .. ARGV[3]
local known = redis.call('HMGET', key, 'first', 'last', 'passed')
local first, last, passed = tonumber(known[1] or now), tonumber(known[2] or 0), known[3] == '1'
local early
if passed and now - last <= lifetime then
  last, early = now, 0
else
  local is_new = not known[1] or passed or now - first > window
  if is_new then first, last, passed = now, 0, false end
  if (is_new and delay > 0) or now - first < delay then
    early = 1
  else
    last, passed, early = now, true, 0
  end
end
redis.call('HSET', key, 'first', first, 'last', last, 'passed', passed and '1' or '0')
redis.call('PEXPIRE', key, keep)
return { early }
