-- ARGV: keep, now -> first contact, switched by hand (0, 1; -1: not), messages since the last stop, that stop (-1: none)
local _, first = first_contact(ARGV[2])
local queue = redis.call('HMGET', base, 'by_hand', 'accepted', 'stopped_at')
return { first, tonumber(queue[1] or -1), tonumber(queue[2] or 0), tonumber(queue[3] or -1) }
