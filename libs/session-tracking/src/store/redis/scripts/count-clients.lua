-- Counts the different clients of groups of slots.
--
-- KEYS[1]  any key of the partition; the HyperLogLogs are named in ARGV and in a cluster carry the same
--          tag.
--
-- ARGV     for each group the number of its keys, then the keys
--
-- Answer: for the first of the groups, or all, how many there are; a key of a foreign type counts as
-- missing.

-- Everybody else waits for as long as a call takes.
local KEYS_PER_CALL = 300

local function count_readable(keys)
  local readable = {}
  for _, key in ipairs(keys) do
    if type(redis.pcall('PFCOUNT', key)) == 'number' then
      readable[#readable + 1] = key
    end
  end
  return #readable == 0 and 0 or redis.call('PFCOUNT', unpack(readable))
end

local counts = {}
local at = 1
while at <= #ARGV and at - #counts <= KEYS_PER_CALL do
  local last = at + tonumber(ARGV[at])
  local keys = { unpack(ARGV, at + 1, last) }
  local count = redis.pcall('PFCOUNT', unpack(keys))
  counts[#counts + 1] = type(count) == 'number' and count or count_readable(keys)
  at = last + 1
end
return counts
