-- Read the log of a topic, and have its later entries published to a channel, in one step.
--
-- ARGV  1 prefix, 2 topic, 3 the id after which to read, or "" for all, 4 the most entries to read, or "" for all,
--       5 the channel that follows the topic from now on, or "", 6 seconds for which it does
--
-- Returns {epoch or nil, entries}, each entry as {id, JSON}. append.lua describes the keys.
local prefix, topic, after, count, follower, lifetime = unpack(ARGV)
local meta = prefix .. ":topic:" .. topic
local range = { "XRANGE", meta .. ":log", after == "" and "-" or "(" .. after, "+" }
if count ~= "" then
  table.insert(range, "COUNT")
  table.insert(range, count)
end
local entries = {}
for number, entry in ipairs(redis.call(unpack(range))) do
  entries[number] = { entry[1], entry[2][2] }
end
if follower ~= "" then
  -- A Redis that is full does not take the follower, which then reads again when nothing has come for a while.
  redis.pcall("SADD", meta .. ":followers", follower)
  redis.call("EXPIRE", meta .. ":followers", lifetime)
end
return { redis.call("HGET", meta, "epoch"), entries }
