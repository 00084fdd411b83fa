-- Part of erase-client.lua: goes through what names the client.

local part = ARGV[2]
local is_user = string.sub(part, 1, 5) == 'user:'

-- Everybody else waits for as long as a call takes.
local RECORDS_PER_CALL = 2000

bury(part, ARGV[3])

local sessions, requests, responses = 0, 0, 0
local removed = {}

-- Returns whether there is more of the session.
local function remove(session_id)
  local removed_requests, removed_responses, has_more
  if is_user then
    removed_requests, removed_responses, has_more = remove_session(session_id)
  else
    removed_requests, removed_responses, has_more = leave_address(session_id, remove_session)
  end
  if removed_requests then
    sessions = sessions + (has_more and 0 or 1)
    requests = requests + removed_requests
    responses = responses + removed_responses
  end
  if not has_more then
    try('LREM', KEYS[1], 0, session_id)
    removed[session_id] = true
  end
  return has_more
end

local has_more = false
local listed = try('LRANGE', KEYS[1], 0, tonumber(ARGV[5]) - 1)
for _, session_id in ipairs(listed.err and {} or listed) do
  if has_more or requests + responses >= RECORDS_PER_CALL then
    break
  end
  has_more = remove(session_id)
end
local open = not has_more and try('GET', base .. part)
if type(open) == 'string' and not removed[open] then
  has_more = remove(open)
end
if not has_more then
  call('DEL', base .. part)
end

local left = try('LLEN', KEYS[1])
if type(left) ~= 'number' then
  call('DEL', KEYS[1])
  left = 0
end
return { sessions, requests, responses, math.max(left, has_more and 1 or 0) }
