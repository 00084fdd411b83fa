-- Part of append-batch.lua, after request-index.lua: writes in which sessions the requests of the batch are,
-- and removes what those that make room for them had there.

-- Requests of a session whose entries in the index are written anew; older ones are not found any more. Also
-- those of a batch: many at once would hold Redis up.
local REQUESTS_INDEXED_ANEW = 1000

-- By shards of the index of requests: in turn a reference and the stem of the session's id, and how many
-- these are.
local found_again = {}
-- Requests whose entries this batch may still write anew.
local anew_left = REQUESTS_INDEXED_ANEW

local function find_again(session_id, request_ids, first, last)
  local stem = stem_of(session_id)
  for position = first, last do
    local reference = reference_of(request_ids[position])
    local shard = shard_of(reference)
    local entries = found_again[shard]
    if not entries then
      entries = { count = 0 }
      found_again[shard] = entries
    end
    entries[entries.count + 1] = reference
    entries[entries.count + 2] = stem
    entries.count = entries.count + 2
  end
end

-- A session that goes on outlives the entries of its first requests: they are written anew in time, at a
-- later renewal where this batch has written many.
local function index_anew(session_id, indexed_at)
  local age, spare = now - number(indexed_at), request_ttl - data_ttl
  if age <= spare * 0.8 then
    return
  end
  local key = base .. session_id .. ':requests'
  local count = try('LLEN', key)
  if is_error(count) then
    return
  end
  count = math.min(count, REQUESTS_INDEXED_ANEW)
  if count > anew_left then
    if age <= spare then
      return
    end
    -- The next renewal may come too late.
    count = anew_left
  end
  if count == 0 then
    return
  end
  local request_ids = {}
  for position, record in ipairs(call('LRANGE', key, -count, -1)) do
    request_ids[position] = request_id_in(record)
  end
  find_again(session_id, request_ids, 1, count)
  call('HSET', base .. session_id .. ':info', 'indexed_at', now)
  anew_left = anew_left - count
end

-- By slices and shards: entries of requests that make room for others.
local leaving = {}
-- How many more of these this batch may read and look for, while everybody else waits.
local leaving_left = 1000

-- Within so many seconds of when it came, by whatever clock, a request is nearly always stored. For an erasure
-- that is not enough (CLOCKS_DIFFER).
local STORED_WITHIN = 10

-- Reads the oldest requests of a session, no more than may still leave in this batch: they count from now on,
-- whether they are found in the index or not.
local function read_leaving(session_id, count)
  local last = math.min(count, leaving_left) - 1
  local records = last >= 0 and try('LRANGE', base .. session_id .. ':requests', 0, last) or {}
  leaving_left = leaving_left - #records
  return is_error(records) and {} or records
end

-- As many may leave as arrive: an entry is looked for only where it nearly always is, and goes with its slice
-- where it is not there.
local function leave_index(session_id, records)
  local newest, stem = slice_at(now), stem_of(session_id)
  for _, record in ipairs(records) do
    local came_at, reference = arrival_in(record), reference_of(request_id_in(record))
    local last = math.min(slice_at(came_at + STORED_WITHIN), newest)
    local first = slice_at(came_at - STORED_WITHIN)
    for slice = first, last, slice_length do
      leaving_left = leaving_left - (slice > first and 1 or 0)
      if leaving_left < 0 then
        return
      end
      leaving[slice] = leaving[slice] or {}
      mark_entry(leaving[slice], reference, stem)
    end
  end
end

local function remove_leaving()
  for slice, by_shard in pairs(leaving) do
    remove_marked(slice, by_shard)
  end
  leaving = {}
end

-- Bounds how many arguments one call takes: Lua has no place for many thousands.
local REFERENCES_PER_CALL = 1000

-- Writes where the requests of the batch are.
local function index_requests()
  local slice = slice_at(now)
  for shard, entries in pairs(found_again) do
    local key = slice_key(slice, shard)
    local is_foreign = false
    for first = 1, entries.count, REFERENCES_PER_CALL do
      local last = math.min(first + REFERENCES_PER_CALL - 1, entries.count)
      is_foreign = is_foreign or is_error(try('HSET', key, unpack(entries, first, last)))
    end
    if not is_foreign and call('TTL', key) < 0 then
      call('EXPIREAT', key, slice + request_ttl)
    end
  end
end
