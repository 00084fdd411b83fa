-- Counts the different clients of groups of slots.
--
-- KEYS[1]  any key of the partition; the HyperLogLogs are named in ARGV and in a cluster carry the same
--          tag.
--
-- ARGV     for each group the number of its keys, then the keys
--
-- Answer: for the first of the groups, or all, how many there are. An error when one of the keys holds a
-- foreign type.

-- Everybody else waits for as long as a call takes.
local KEYS_PER_CALL = 300

local counts = {}
local at = 1
while at <= #ARGV and at - #counts <= KEYS_PER_CALL do
  local last = at + tonumber(ARGV[at])
  counts[#counts + 1] = redis.call('PFCOUNT', unpack(ARGV, at + 1, last))
  at = last + 1
end
return counts
