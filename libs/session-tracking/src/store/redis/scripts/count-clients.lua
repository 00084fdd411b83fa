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

-- Answers nil where a key holds a foreign type; no other error may look as if nobody were there.
local function count_all(keys)
  local reply = redis.pcall('PFCOUNT', unpack(keys))
  if type(reply) == 'number' then
    return reply
  end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then
    error(reply.err)
  end
end

local function count_readable(keys)
  local readable = {}
  for _, key in ipairs(keys) do
    if count_all({ key }) then
      readable[#readable + 1] = key
    end
  end
  return #readable == 0 and 0 or count_all(readable)
end

local counts = {}
local at = 1
while at <= #ARGV and at - #counts <= KEYS_PER_CALL do
  local last = at + tonumber(ARGV[at])
  local keys = { unpack(ARGV, at + 1, last) }
  counts[#counts + 1] = count_all(keys) or count_readable(keys)
  at = last + 1
end
return counts
