-- Reads hashes of totals whole, after folding what waits; each as one text, since an answer of few long
-- texts costs its reader a fraction of one of many short ones. After it come slots.lua,
-- gather-totals.lua, totals-by-slot.lua and read-totals-main.lua, which share its locals.
--
-- KEYS[1]  any key of the partition; the hashes are named in ARGV and in a cluster carry the same tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  seconds for which totals by minute stay
-- ARGV[3]  seconds for which totals by hour stay
-- ARGV     from the fourth on, for each hash its key, and the `written_at` that the reader has seen
--
-- Answer: how many requests found no place for their route, and for the first of the hashes, or all,
-- their fields and values in turn, as JSON; "=" where one was not written since, empty where there is
-- none.

local base = ARGV[1]
local minutes_ttl, hours_ttl = tonumber(ARGV[2]), tonumber(ARGV[3])
local call = redis.call
