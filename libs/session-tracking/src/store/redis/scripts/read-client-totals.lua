-- Reads what was added up about one client.
--
-- KEYS[1]  any key of the partition: all keys are made from ARGV[1], which in a cluster carries the
--          same hash tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  the client: user:<id>, ip:<address>
--
-- Answer: in turn a slot, "<slot length>:<start>", and the client's field in it.

local base, owner = ARGV[1], ARGV[2]
local answer = {}
local slots = redis.pcall('ZRANGE', base .. 'client-slots', 0, -1)
for _, slot in ipairs(slots.err and {} or slots) do
  local value = redis.pcall('HGET', base .. 'clients:' .. slot, owner)
  if type(value) == 'string' then
    answer[#answer + 1] = slot
    answer[#answer + 1] = value
  end
end
return answer
