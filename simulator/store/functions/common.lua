-- What all functions of the store begin with: the keys of one scenario's state, and the arithmetic of tanks.
-- KEYS[1]: the scenario's hash, and what the names of its other keys begin with; KEYS[2]: the run's.
-- ARGV[1]: for how many milliseconds a key that nobody uses is kept.
-- Numbers are doubles: whole ones are exact up to 2^53, which no moment and no amount reaches (redis_store.cpp checks it).
local base, run, keep = KEYS[1], KEYS[2], ARGV[1]
local largest = 9007199254740991 -- 2^53 - 1

-- The number of resets is part of each key: what was before a reset is never found again, and expires.
local head = redis.call('HMGET', base, 'resets', 'first')
local prefix = base .. ':' .. (head[1] or '0') .. ':'

-- The moment `now`, as a number, once it is the first contact where none was before; and that.
local function first_contact(text)
  local now = tonumber(text)
  local first = head[2] and tonumber(head[2])
  if not first then
    first = now
    redis.call('HSET', base, 'first', first)
  end
  redis.call('PEXPIRE', base, keep)
  return now, first
end

-- Drains evenly or in steps, as three arguments from ARGV[at] on; nil: it does not drain.
local function drain_from(at)
  local amount = tonumber(ARGV[at])
  if amount == 0 then return nil end
  return { amount = amount, per = tonumber(ARGV[at + 1]), in_steps = ARGV[at + 2] == '1' }
end

-- a = quotient * b + rest
local function divide(a, b)
  local rest = math.fmod(a, b)
  return (a - rest) / b, rest
end

-- a * b = quotient * c + rest, exactly: the product itself may be too large for a double, c is below 2^52.
-- A quotient of 2^53 and more is not exact, which is more than any level.
local function divide_product(a, b, c)
  if a * b <= largest then return divide(a * b, c) end
  local whole, part = divide(a, c)
  local of_whole = whole * b
  local bit = 1
  while bit * 2 <= b do bit = bit * 2 end
  local quotient, rest = 0, 0
  while bit >= 1 do
    quotient, rest = quotient * 2, rest * 2
    if rest >= c then quotient, rest = quotient + 1, rest - c end
    if b >= bit then
      b, rest = b - bit, rest + part
      if rest >= c then quotient, rest = quotient + 1, rest - c end
    end
    bit = bit / 2
  end
  return quotient + of_whole, rest
end

-- Whole units drained in this time, and how long ago the last of them, or the last step, was over.
local function drained_in(drain, elapsed)
  if drain.in_steps then
    local steps, rest = divide(elapsed, drain.per)
    return steps * drain.amount, rest
  end
  local units, rest = divide_product(elapsed, drain.amount, drain.per)
  local since_last = divide(rest, drain.amount)
  return units, since_last
end

-- The tank after `amount` was added, as Tank::add has it.
local function fill(tank, amount, drain, now)
  local left = tank.level
  if drain and now > tank.since then
    local units, since_last = drained_in(drain, now - tank.since)
    left = units >= left and 0 or left - units
    tank.since = (drain.in_steps or left ~= 0) and now - since_last or now
  end
  tank.level = math.min(left + amount, largest)
end

-- Open connections of `client` and in all, on the nodes that are alive. This one is, whatever became of its lease.
local function open_connections(client, this_node)
  local of_client, total = 0, 0
  for _, node in ipairs(redis.call('SMEMBERS', run .. ':nodes')) do
    if node == this_node or redis.call('EXISTS', run .. ':node:' .. node) == 1 then
      local open = redis.call('HMGET', base .. ':open:' .. node, client, '*')
      of_client = of_client + tonumber(open[1] or 0)
      total = total + tonumber(open[2] or 0)
    end
  end
  return { of_client, total }
end
