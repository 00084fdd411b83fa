-- Part of read-totals.lua.

-- Where Redis takes no writes, what it has is answered.
local could_fold, left
repeat
  could_fold, left = pcall(fold_totals)
until not could_fold or left == 0

local answer = { capped_routes }
for position = 4, #ARGV, 2 do
  local key, seen = ARGV[position], ARGV[position + 1]
  if seen ~= '' and redis.pcall('HGET', key, 'written_at') == seen then
    answer[#answer + 1] = '='
  else
    local fields = redis.pcall('HGETALL', key)
    answer[#answer + 1] = #fields == 0 and '' or cjson.encode(fields)
  end
end
return answer
