-- Part of erase-client.lua: goes through what names the client.

local part = ARGV[2]
local is_user = string.sub(part, 1, 5) == 'user:'

-- Everybody else waits for as long as a call takes.
local RECORDS_PER_CALL = 2000

bury(part, ARGV[3])

local sessions, requests, responses = 0, 0, 0
local function remove(session_id)
  local removed_requests, removed_responses
  if is_user then
    removed_requests, removed_responses = remove_session(session_id)
  else
    removed_requests, removed_responses = leave_address(session_id, remove_session)
  end
  if removed_requests then
    sessions = sessions + 1
    requests = requests + removed_requests
    responses = responses + removed_responses
  end
  try('LREM', KEYS[1], 0, session_id)
end

local listed = try('LRANGE', KEYS[1], 0, tonumber(ARGV[5]) - 1)
for _, session_id in ipairs(listed.err and {} or listed) do
  if requests + responses >= RECORDS_PER_CALL then
    break
  end
  remove(session_id)
end
local open = try('GET', base .. part)
if type(open) == 'string' then
  remove(open)
end
call('DEL', base .. part)

local left = try('LLEN', KEYS[1])
if type(left) ~= 'number' then
  call('DEL', KEYS[1])
  left = 0
end
return { sessions, requests, responses, left }
