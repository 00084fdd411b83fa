-- Lists sessions that were used since some time and begun before another, those used last first: one
-- stretch of the sorted set "<base>expiry", which has sessions by the time of their last renewal.
--
-- KEYS[1]  any key of the partition: all keys are made from ARGV[1], which in a cluster carries the
--          same hash tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  where to begin: a time of renewal, "+inf" at first
-- ARGV[3]  how many sessions of that very time are done already
-- ARGV[4]  the earliest time of renewal
-- ARGV[5]  only sessions created before this time
-- ARGV[6]  sessions to look at, at most
--
-- Answer: where to go on, and how many of that very time are done, both empty after the last; then ids.
-- A set of a foreign type counts as empty.

local base = ARGV[1]
local most = tonumber(ARGV[6])

-- No other error may look as if nothing were there.
local function empty_of_foreign_type(reply)
  if reply.err and not string.find(reply.err, 'WRONGTYPE', 1, true) then
    error(reply.err)
  end
  return reply.err and {} or reply
end

local flat = empty_of_foreign_type(redis.pcall('ZRANGE', base .. 'expiry', ARGV[2], ARGV[4], 'BYSCORE', 'REV',
  'LIMIT', ARGV[3], most, 'WITHSCORES'))
local count = #flat / 2
if count == 0 then
  return { '', '' }
end

local ids = {}
local last, done = ARGV[2], tonumber(ARGV[3])
for position = 1, count do
  local score = flat[2 * position]
  ids[position] = flat[2 * position - 1]
  done = score == last and done + 1 or 1
  last = score
end

local answer = { last, tostring(done) }
if count < most then
  answer = { '', '' }
end
local created = empty_of_foreign_type(redis.pcall('ZMSCORE', base .. 'index', unpack(ids)))
local before = tonumber(ARGV[5])
for position, id in ipairs(ids) do
  if created[position] and tonumber(created[position]) < before then
    answer[#answer + 1] = id
  end
end
return answer
