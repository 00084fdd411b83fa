-- Removes a session and everything that points to it, a bounded part at a time. After it come tombstones.lua,
-- request-index.lua, remove-session.lua and erase-session-main.lua, which share its locals.
--
-- KEYS[1]  the session's info. All other keys are made from ARGV[1]; in a cluster it carries the same
--          hash tag as KEYS[1].
--
-- ARGV[1]  what every key begins with: "<prefix>:session:"
-- ARGV[2]  the session's id
-- ARGV[3]  random text, for the salt under which the erased are remembered
-- ARGV[4]  seconds for which the data of a session stays
--
-- Answer: nil when there is no such session, else how many sessions, requests and responses were removed,
-- and how many sessions are left.

local base = ARGV[1]
local data_ttl = ARGV[4]
local call, try = redis.call, redis.pcall
local time = call('TIME')
local now = tonumber(time[1])
local now_ms = now * 1000 + math.floor(tonumber(time[2]) / 1000)
