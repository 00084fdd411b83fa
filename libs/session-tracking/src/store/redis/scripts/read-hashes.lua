-- Reads hashes whole, each as one text: an answer of few long texts costs its reader a fraction of one
-- of many short ones.
--
-- KEYS[1]  any key of the partition; the hashes are named in ARGV and in a cluster carry the same tag.
--
-- ARGV     keys of hashes
--
-- Answer: for each key its fields and values in turn, as JSON; empty where there is no hash.

local texts = {}
for position, key in ipairs(ARGV) do
  local fields = redis.pcall('HGETALL', key)
  texts[position] = #fields == 0 and '' or cjson.encode(fields)
end
return texts
