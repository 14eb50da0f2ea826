-- Append entries to the logs of their topics and publish them, in one step.
--
-- ARGV  1 {prefix, seconds that a log is kept after an entry, seconds that it is kept after the end of a run, seconds that
--         its followers are kept, entries}, in MessagePack, with each entry as
--         {topic, JSON, writer's field or "", writer's token, takes, epoch or "", ends}: "takes" is true to take the field
--         over, and false to respect its holder; "epoch" is that of a first entry, "" for the present time; "ends" is true
--         if the entry ends a run.
--
-- The names of the keys follow from the topics: prefix:topic:<topic> is a hash (epoch, seq, the second in which the
-- lifetimes were renewed last, one field for each writer); with ":log" it is the log, a stream; with ":followers" the set
-- of the channels that its entries are published to.
--
-- Returns {epoch, seq} for each entry, or nil if another writer has taken over. An epoch is the microsecond in which a
-- log began, so a log that replaces a lost one always has a higher epoch.
local prefix, log_lifetime, ended_lifetime, followers_lifetime, entries = unpack(cmsgpack.unpack(ARGV[1]))
-- Seconds; renewing the lifetimes with every entry would cost as much as the entries.
local RENEWAL_INTERVAL = 10
local time = redis.call("TIME")
local second, now = tonumber(time[1]), time[1] .. string.format("%06d", tonumber(time[2]))
local results, followers, published = {}, {}, {}

local function renew(meta, ends)
  redis.call("HSET", meta, "renewed", ends and 0 or second)
  redis.call("EXPIRE", meta, ends and ended_lifetime or log_lifetime)
  redis.call("EXPIRE", meta .. ":log", ends and ended_lifetime or log_lifetime)
  redis.call("EXPIRE", meta .. ":followers", followers_lifetime)
end

for number, each in ipairs(entries) do
  local topic, json, field, token, takes, first, ends = unpack(each)
  local meta = prefix .. ":topic:" .. topic
  local epoch, renewed, holder = unpack(redis.call("HMGET", meta, "epoch", "renewed", field))
  if field ~= "" and holder and holder ~= token and not takes then
    results[number] = false
  else
    if field ~= "" and holder ~= token then
      redis.call("HSET", meta, field, token)
    end
    if not epoch then
      epoch = first == "" and now or first
      redis.call("HSET", meta, "epoch", epoch)
    end
    local seq = redis.call("HINCRBY", meta, "seq", 1)
    redis.call("XADD", meta .. ":log", epoch .. "-" .. seq, "entry", json)
    results[number] = { epoch, seq }
    if not followers[meta] then
      followers[meta] = redis.call("SMEMBERS", meta .. ":followers")
    end
    for _, channel in ipairs(followers[meta]) do
      published[channel] = published[channel] or {}
      table.insert(published[channel], { topic, epoch, seq, json })
    end
    if ends or not renewed or second - tonumber(renewed) >= RENEWAL_INTERVAL then
      renew(meta, ends)
    end
  end
end

for channel, list in pairs(published) do
  redis.call("PUBLISH", channel, cmsgpack.pack({ type = "log.entries", entries = list }))
end
return results
