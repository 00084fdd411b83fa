-- Finds the session that holds a request. After it come request-index.lua and find-request-main.lua,
-- which share its locals.
--
-- KEYS[1]  any key of the partition: all keys are made from ARGV[1], which in a cluster carries the
--          same hash tag.
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  the request's id
-- ARGV[3]  seconds for which the data of a session stays
--
-- Answer: the session's id, or nil.

local base = ARGV[1]
local data_ttl = ARGV[3]
local call, try = redis.call, redis.pcall
local now = tonumber(call('TIME')[1])
