-- Publishes the records of one partition, all or none, and remembers how far it came.
-- KEYS: state hash, log stream
-- ARGV: 1 partition, 2 offset of its first record, 3 offset of the last, 4 offset where the partition ends,
--       5 epoch for a new log, 6 and 7 epoch and seq that this publisher saw last, 8 length of the log,
--       then for each message its offset, channel and JSON text without the closing brace
-- Returns: epoch, seq
local state, log = KEYS[1], KEYS[2]
local partition, first, last = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local epoch = redis.call('HGET', state, 'epoch')
local seq = tonumber(redis.call('HGET', state, 'seq') or '0')
local high = tonumber(redis.call('HGET', state, partition) or '-1')
local known = redis.call('HEXISTS', state, partition) == 1

-- Nobody can continue where they were when Redis lost its data, came back with older data than it had acknowledged, or
-- Kafka's own log was made anew.
local lost = not epoch
  or (epoch == ARGV[6] and seq < tonumber(ARGV[7]))
  or (known and first > high + 1)
  or high >= tonumber(ARGV[4])
if lost then
  epoch, seq, high = ARGV[5], 0, -1
  redis.call('DEL', state, log)
  redis.call('HSET', state, 'epoch', epoch, 'seq', 0)
end

for i = 9, #ARGV, 3 do
  local offset, channel, text = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2]
  if offset > high then
    seq = seq + 1
    local message = text .. ',"seq":' .. string.format('%d', seq) .. ',"epoch":"' .. epoch .. '"}'
    redis.call('XADD', log, 'MAXLEN', '~', ARGV[8], string.format('%d-0', seq), 'c', channel, 'm', message)
    redis.call('PUBLISH', channel, message)
  end
end
if last > high then
  redis.call('HSET', state, 'seq', string.format('%d', seq), partition, string.format('%d', last))
end
return { epoch, seq }
