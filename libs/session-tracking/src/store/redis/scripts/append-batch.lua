-- Stores one batch of records, once: finds or creates the session of each client, appends, trims,
-- counts, renews the expiry, finds requests by their ids again and adds everything to the totals.
-- This file is the beginning; after it come tombstones.lua, request-index.lua, remove-session.lua,
-- index-batch.lua, begin-session.lua, store-client.lua, slots.lua, add-totals.lua and append-main.lua,
-- which share its locals.
--
-- KEYS[1]  the writer's entry, a hash: "sequence" of the batch it stored last, that of the one it has
--          "begun" last, "clock_ahead" in milliseconds at most so far, and by their sequences the
--          answers of batches that a retry may ask for again. All other keys are made from ARGV[1]; in
--          a cluster it carries the same hash tag as KEYS[1].
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  the head of the batch, packed for struct.unpack into one argument, since each of them has its
--          price: texts (s1, s2) follow their length, of one or two bytes; u1, u2, u4 and u8 are numbers
--          of so many bytes, the highest first
--             s1 seconds of idleness after which a session ends
--             s1 seconds of idleness after which the data of a session goes
--             s1 age in seconds at which an expiry is renewed
--             s1 age in seconds at which a session ends
--             s1 seconds for which the data of a session that ended by age stays
--             s1 records kept per list
--             s1 sessions kept at the same time
--             s1 seconds for which the writer's entry stays
--             s1 seconds for which totals by minute stay
--             s1 seconds for which totals by hour stay
--             s1 length in seconds of the slots in which clients are counted
--             s1 sequence of the batch
--             s1 sequence of the batch that must have been stored right before; "0" when all before are done
--             s1 seed of the ids of new sessions
--             s1 the writer's clock, Unix time in milliseconds
--             u1 1 when the answer must name the sessions
-- ARGV[3]  the rest, packed likewise and the same at each attempt
--             u2 clients, and for each
--               s1 user id, empty when anonymous; s1 address; s1 address under the salt before, or empty
--               s1 first time; s1 last time, both empty where they are those of the only exchange
--               u8 microseconds; u2 responses; u2 errors
--               u1 1 when sampling left the client out
--               u1 place (from 0) of the minute to whose totals by client all of it belongs, each exchange
--               being a request with its response; 255 when they are counted apart
--               u2 exchanges, and for each
--                 s1 time of the request, or empty; s2 its JSON from after ,"path":" to before ,"request_id":
--                 s1 request id
--                 s2 the rest of the request's JSON without the last brace
--                 s1 time of the response; s2 its JSON from after "status_code": on, or empty
--             u2 minutes, and for each
--               s1 Unix time at which it begins
--               u4 length of its totals by route; these, as gather-totals.lua takes them
--               u2 clients that are counted apart, and for each s1 owner; u2 requests; u2 responses; u2 errors; u8 microseconds
--
-- Answer: "<sequence> <totals that wait to be folded> <requests of capped clients> <sessions that went
-- because there were too many>", a line with the
-- positions (from 1) of the clients that were rejected because a key of theirs holds a foreign type,
-- a line with the positions of the exchanges whose client was erased after they had arrived, then,
-- when asked for, a line for each client with its session's id. An error that begins with GAP when
-- the batch before is missing.

local base = ARGV[1]
local packed = ARGV[3]

local call, try = redis.call, redis.pcall
local sub, byte, find, match, format = string.sub, string.byte, string.find, string.match, string.format
local unpack_at = struct.unpack

-- Where the next field of `packed` begins.
local at = 1

local session_ttl, data_ttl, renewal_age, max_session, ended_ttl, max_records, max_sessions, writer_ttl,
  minutes_ttl, hours_ttl, client_slot, sequence_name, follows, seed, writer_clock, names_sessions =
  unpack_at('>' .. string.rep('Bc0', 15) .. 'B', ARGV[2])
renewal_age, max_session = tonumber(renewal_age), tonumber(max_session)
max_records, max_sessions = tonumber(max_records), tonumber(max_sessions)
minutes_ttl, hours_ttl = tonumber(minutes_ttl), tonumber(hours_ttl)
client_slot = tonumber(client_slot)
local sequence = tonumber(sequence_name)
follows = tonumber(follows)
names_sessions = names_sessions == 1

local function is_error(reply)
  return type(reply) == 'table' and reply.err ~= nil
end

-- A hash may have been written by another program: what is no number counts as none.
local function number(text)
  return tonumber(text) or 0
end

-- A batch that was stored before is answered as it was then.
local entry = try('HMGET', KEYS[1], 'sequence', 'clock_ahead', 'begun')
if is_error(entry) then
  if not find(entry.err, 'WRONGTYPE', 1, true) then
    return entry
  end
  call('DEL', KEYS[1])
end
local stored_sequence = number(entry[1])
if stored_sequence >= sequence then
  return call('HGET', KEYS[1], sequence_name) or (sequence_name .. ' 0 0 0\n\n\n')
end
if follows > 0 and stored_sequence ~= follows then
  return redis.error_reply('GAP the batch before this one is not stored')
end

-- A node of a cluster refuses keys of different slots: here, before anything is written.
local probe = try('EXISTS', base .. 'index', base .. 'expiry')
if is_error(probe) then
  return probe
end

local time = call('TIME')
-- As text too: Redis takes a while to print a Lua number.
local now_text = time[1]
local now = tonumber(now_text)
local now_ms = now * 1000 + math.floor(tonumber(time[2]) / 1000)

-- How far the writer's clock is ahead of this one, at most so far: a batch that was long on its way
-- shows less of it. Never the other way, so that an erasure takes rather too much than too little.
local clock_ahead = math.max(number(entry[2]), tonumber(writer_clock) - now_ms)

-- The first write: where Redis takes none (memory, disk, replica, permissions) it fails here, before any
-- other, and the batch may come again.
call('HSET', KEYS[1], 'clock_ahead', format('%.0f', clock_ahead))
call('EXPIRE', KEYS[1], writer_ttl)
if follows == 0 and call('HLEN', KEYS[1]) > 3 then
  for _, field in ipairs(call('HKEYS', KEYS[1])) do
    if field ~= 'sequence' and field ~= 'begun' and field ~= 'clock_ahead' then
      call('HDEL', KEYS[1], field)
    end
  end
end

-- Remembers that the batch is done, and its answer where a retry could not tell it.
local function finish(answer, is_told_again)
  if is_told_again then
    call('HSET', KEYS[1], 'sequence', sequence_name, sequence_name, answer)
  else
    call('HSET', KEYS[1], 'sequence', sequence_name)
  end
  return answer
end

-- A batch that was begun and not finished broke off: nobody knows how much of it is stored, so all of it
-- counts as rejected rather than that some is stored twice.
if number(entry[3]) >= sequence then
  local positions = {}
  for position = 1, (unpack_at('>H', packed, at)) do
    positions[position] = position
  end
  return finish(sequence_name .. ' 0 0 0\n' .. table.concat(positions, ' ') .. '\n\n', true)
end
call('HSET', KEYS[1], 'begun', sequence_name)
