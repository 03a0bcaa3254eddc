-- ARGV: keep, now -> when the scenario was met first
local _, first = first_contact(ARGV[2])
return { first }
