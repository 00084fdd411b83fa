-- Adds totals that wait to those of the slots in which they fall: the oldest first, a bounded number.
-- After it come slots.lua, gather-totals.lua, totals-by-slot.lua and fold-totals-main.lua, which share
-- its locals.
--
-- KEYS[1]  any key of the partition: all keys are made from ARGV[1], which in a cluster carries the
--          same hash tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  seconds for which totals by minute stay
-- ARGV[3]  seconds for which totals by hour stay
--
-- Answer: how many elements still wait, and how many requests found no place for their route.

local base = ARGV[1]
local minutes_ttl, hours_ttl = tonumber(ARGV[2]), tonumber(ARGV[3])
local call = redis.call
