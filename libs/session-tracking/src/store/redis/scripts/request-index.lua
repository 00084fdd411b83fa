-- Part of a script that has the locals `base`, `call`, `try`, `now` and `data_ttl`: in which session a
-- request is.
--
-- The hashes "<base>request:<slice>:<shard>" hold stems of session ids by references to requests. A slice
-- is a stretch of time, so that entries go soon after the data; a batch writes to each shard of one slice,
-- so there are few of them, and many slices, so that no hash grows too large to be dropped at once.
-- Entries stay for half as long again as data does, because a session that goes on writes the entries of
-- its earlier requests anew only now and then.

local SLICES_OF_DATA = 64
local REQUEST_SHARDS = 4
local slice_length = math.ceil(tonumber(data_ttl) / SLICES_OF_DATA)
local request_ttl = math.ceil(data_ttl * 1.5)

-- The last six digits of a session's id follow from the characters before, so that an entry needs no more
-- than these: Redis gives a text of up to thirty the memory of two thirds of one that is longer.
local STEM_LENGTH = 30

local function stem_of(session_id)
  return string.sub(session_id, 1, STEM_LENGTH)
end

local function session_id_of(stem)
  return stem .. string.sub(redis.sha1hex(stem), 1, 6)
end

local function slice_at(time)
  return time - time % slice_length
end

local function slice_key(slice, shard)
  return string.format('%srequest:%d:%d', base, slice, shard)
end

-- By what a request is found again. Ids of some kinds begin alike within a millisecond, or end alike
-- on one machine, so no part of them would do.
local function reference_of(request_id)
  return string.sub(redis.sha1hex(request_id), 1, 12)
end

local function shard_of(reference)
  return string.byte(reference) % REQUEST_SHARDS
end

local BEFORE_REQUEST_ID = '"request_id":"'

local function request_id_in(record)
  local _, before = string.find(record, BEFORE_REQUEST_ID, 1, true)
  local after = before and string.find(record, '"', before + 1, true)
  return after and string.sub(record, before + 1, after - 1) or ''
end

-- Marks an entry for removal, by shards: in turn references and the stems to which they must lead.
local function mark_entry(by_shard, reference, stem)
  local shard = shard_of(reference)
  local marked = by_shard[shard]
  if not marked then
    marked = { references = {}, stems = {} }
    by_shard[shard] = marked
  end
  local place = #marked.references + 1
  marked.references[place] = reference
  marked.stems[place] = stem
end

-- Removes marked entries of a slice: no more than Lua has place for as arguments, some thousands.
local function remove_marked(slice, by_shard)
  for shard, marked in pairs(by_shard) do
    local key, leading = slice_key(slice, shard), {}
    local found = call('EXISTS', key) == 1 and try('HMGET', key, unpack(marked.references)) or {}
    for place, stem in ipairs(found) do
      if stem == marked.stems[place] then
        leading[#leading + 1] = marked.references[place]
      end
    end
    if #leading > 0 then
      call('HDEL', key, unpack(leading))
    end
  end
end

local function arrival_in(record)
  return tonumber(string.match(record, '^{"timestamp":(%d+)')) or 0
end

-- How far the clock of who came by a request may be ahead of Redis', in seconds.
local CLOCKS_DIFFER = 300

-- Forgets where requests of a session are. A request has no entry from before it came: to look into every
-- slice for each would take long.
local function forget_requests(session_id, records)
  local newest, oldest = slice_at(now), slice_at(now - request_ttl)
  local by_first, earliest = {}, newest
  for _, record in ipairs(records) do
    local came_at = arrival_in(record)
    -- Of a time that is still to come nobody knows when it was stored.
    local first = came_at > now and oldest or math.max(slice_at(came_at - CLOCKS_DIFFER), oldest)
    local references = by_first[first] or {}
    by_first[first] = references
    references[#references + 1] = reference_of(request_id_in(record))
    earliest = math.min(earliest, first)
  end
  local stem, by_shard = stem_of(session_id), {}
  for slice = earliest, newest, slice_length do
    for _, reference in ipairs(by_first[slice] or {}) do
      mark_entry(by_shard, reference, stem)
    end
    remove_marked(slice, by_shard)
  end
end
