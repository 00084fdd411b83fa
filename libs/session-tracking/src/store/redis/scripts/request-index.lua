-- Part of a script that has the locals `base`, `call`, `try`, `now` and `data_ttl`: in which session a
-- request is.
--
-- The hashes "<base>request:<slice>:<digit>" hold session ids by references to requests. A slice is a
-- stretch of the time for which data stays, so that entries go with the data; the digit is the first
-- of the reference, so that no hash grows too large to be dropped at once.

local REQUEST_SLICES = 32
local slice_length = math.ceil(tonumber(data_ttl) / REQUEST_SLICES)

local function slice_at(time)
  return time - time % slice_length
end

local function slice_key(slice, digit)
  return base .. 'request:' .. slice .. ':' .. digit
end

-- By what a request is found again. Ids of some kinds begin alike within a millisecond, or end alike
-- on one machine, so no part of them would do.
local function reference_of(request_id)
  return string.sub(redis.sha1hex(request_id), 1, 12)
end

local function digit_of(reference)
  return string.sub(reference, 1, 1)
end

-- References by their first digits: in turn a reference and what stands for it.
local function gather_reference(by_digit, request_id, value)
  local reference = reference_of(request_id)
  local digit = digit_of(reference)
  local entries = by_digit[digit]
  if not entries then
    entries = {}
    by_digit[digit] = entries
  end
  entries[#entries + 1] = reference
  entries[#entries + 1] = value
end

local function find_request(request_id)
  local reference = reference_of(request_id)
  local digit = digit_of(reference)
  local newest = slice_at(now)
  for slice = newest, newest - slice_length * REQUEST_SLICES, -slice_length do
    local session_id = try('HGET', slice_key(slice, digit), reference)
    if type(session_id) == 'string' and call('EXISTS', base .. session_id .. ':info') == 1 then
      return session_id
    end
  end
  return nil
end

-- Forgets where the requests of a session are, which began at some time.
local function forget_requests(session_id, began_at, records)
  local by_digit = {}
  for _, record in ipairs(records) do
    gather_reference(by_digit, string.match(record, '"request_id":"([^"]*)"') or '', session_id)
  end
  local oldest = math.max(slice_at(math.floor(began_at)) - slice_length, now - data_ttl - slice_length)
  for slice = slice_at(now), oldest, -slice_length do
    for digit, entries in pairs(by_digit) do
      local key = slice_key(slice, digit)
      for position = 1, #entries, 2 do
        if try('HGET', key, entries[position]) == session_id then
          call('HDEL', key, entries[position])
        end
      end
    end
  end
end
