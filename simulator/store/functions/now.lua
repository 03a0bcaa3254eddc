-- The time of the server's clock -> microseconds
local time = redis.call('TIME')
return { tonumber(time[1]) * 1000000 + tonumber(time[2]) }
