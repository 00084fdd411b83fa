-- Reads sessions, each at one moment, or their requests alone. The records of a list come as one JSON
-- text: few long texts cost their reader a fraction of many short ones.
--
-- KEYS[1]  any key of the partition: all keys are made from ARGV[1], which in a cluster carries the
--          same hash tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  how many records may be read; a first session that has more is read all the same
-- ARGV[3]  '1': sessions whole; '0': their requests alone, as if they had nothing else
-- ARGV[4…] ids of sessions
--
-- Answer: for each session, as far as the bound allows, five values: the fields of its info and their
-- values in turn, as JSON, or an empty text where there is no session; then requests and responses,
-- each as a JSON array with a line break after every comma between records, and how many these are.
-- A key of a foreign type reads as one that is missing.

local base = ARGV[1]
local records_left = tonumber(ARGV[2])
local whole = ARGV[3] == '1'
local call, try = redis.call, redis.pcall
local answer = {}

local function length_of(key)
  local length = try('LLEN', key)
  return type(length) == 'number' and length or 0
end

local function add(value)
  answer[#answer + 1] = value
end

local function add_list(key, length)
  add(length == 0 and '[]' or '[' .. table.concat(call('LRANGE', key, 0, -1), ',\n') .. ']')
  add(length)
end

for position = 4, #ARGV do
  local key = base .. ARGV[position]
  local requests = length_of(key .. ':requests')
  local responses = whole and length_of(key .. ':responses') or 0
  records_left = records_left - requests - responses
  if records_left < 0 and position > 4 then
    break
  end
  local info = whole and try('HGETALL', key .. ':info') or {}
  add(#info == 0 and '' or cjson.encode(info))
  add_list(key .. ':requests', requests)
  add_list(key .. ':responses', responses)
end
return answer
