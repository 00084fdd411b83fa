-- Part of read-totals.lua.

-- Where Redis takes no writes, what it has is answered.
local could_fold, left
repeat
  could_fold, left = pcall(fold_totals)
until not could_fold or left == 0

-- Everybody else waits for as long as a call takes.
local FIELDS_PER_CALL = 5000

local answer, fields_told = { capped_routes }, 0
for position = 4, #ARGV, 2 do
  if fields_told >= FIELDS_PER_CALL then
    break
  end
  local key, seen = ARGV[position], ARGV[position + 1]
  if seen ~= '' and redis.pcall('HGET', key, 'written_at') == seen then
    answer[#answer + 1] = '='
  else
    local fields = redis.pcall('HGETALL', key)
    answer[#answer + 1] = #fields == 0 and '' or cjson.encode(fields)
    fields_told = fields_told + #fields / 2
  end
end
return answer
