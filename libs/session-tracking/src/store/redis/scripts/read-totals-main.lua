-- Part of read-totals.lua.

-- Where Redis takes no writes, what it has is answered.
local could_fold, left
repeat
  could_fold, left = pcall(fold_totals)
until not could_fold or left == 0

-- Everybody else waits for as long as a call takes.
local BYTES_PER_CALL = 100000

local answer, told = { capped_routes }, 0
for position = 4, #ARGV, 2 do
  if told >= BYTES_PER_CALL then
    break
  end
  local key, seen = ARGV[position], ARGV[position + 1]
  if seen ~= '' and redis.pcall('HGET', key, 'written_at') == seen then
    answer[#answer + 1] = '='
  else
    local fields = redis.pcall('HGETALL', key)
    local text = #fields == 0 and '' or cjson.encode(fields)
    answer[#answer + 1] = text
    told = told + #text
  end
end
return answer
