-- Part of find-request.lua, after request-index.lua.

local request_id = ARGV[2]

-- Sessions that are compared where several have a request of the same id, and records of each.
local MOST_COMPARED = 3
local RECORDS_COMPARED = 1000

-- The sessions whose entries are found, that of the latest entry first.
local function find_sessions()
  local reference = reference_of(request_id)
  local shard = shard_of(reference)
  local newest = slice_at(now)
  local found, is_found = {}, {}
  for slice = newest, newest - request_ttl, -slice_length do
    local stem = try('HGET', slice_key(slice, shard), reference)
    local session_id = type(stem) == 'string' and session_id_of(stem)
    if session_id and not is_found[session_id] and call('EXISTS', base .. session_id .. ':info') == 1 then
      found[#found + 1] = session_id
      is_found[session_id] = true
      if #found == MOST_COMPARED then
        break
      end
    end
  end
  return found
end

-- When the latest request of that id arrived of those that a session holds; before all times where none did.
local function last_arrival(session_id)
  local records = try('LRANGE', base .. session_id .. ':requests', -RECORDS_COMPARED, -1)
  for position = records.err and 0 or #records, 1, -1 do
    if request_id_in(records[position]) == request_id then
      return tonumber(string.match(records[position], '"timestamp":([%d.]+)')) or -math.huge
    end
  end
  return -math.huge
end

local sessions = find_sessions()
local latest = sessions[1]
if #sessions > 1 then
  -- The entry that was written last may be that of an older request, written anew.
  local latest_at = -math.huge
  for _, session_id in ipairs(sessions) do
    local arrived_at = last_arrival(session_id)
    if arrived_at > latest_at then
      latest, latest_at = session_id, arrived_at
    end
  end
end
return latest
