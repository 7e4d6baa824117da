-- Publishes the records of one partition, all or none, and remembers how far it came.
-- KEYS: state hash, log stream
-- ARGV: 1 partition, 2 and 3 the first and the last offset that are covered, control records among them,
--       4 '1' to begin a new epoch in any case, 5 epoch for a new log, 6 and 7 epoch and seq that this publisher saw last ('' and 0 when it has seen none),
--       8 length of the log, 9 run id of this Redis ('' when the caller did not ask for it),
--       then for each message its offset, channel and JSON text without the closing brace
-- Returns: epoch, seq
local state, log = KEYS[1], KEYS[2]
local partition, first, last = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local epoch = redis.call('HGET', state, 'epoch')
local seq = tonumber(redis.call('HGET', state, 'seq') or '0')
local run = redis.call('HGET', state, 'run')
local high = tonumber(redis.call('HGET', state, partition) or '-1')
local known = redis.call('HEXISTS', state, partition) == 1

-- Nobody can continue where they were when Redis lost its data or came back with older data than it had acknowledged.
-- A publisher that has seen nothing cannot tell older data, so for it another run of Redis is reason enough.
local lost = not epoch
  or ARGV[4] == '1'
  or (epoch == ARGV[6] and seq < tonumber(ARGV[7]))
  or (ARGV[6] == '' and ARGV[9] ~= '' and run and run ~= ARGV[9])
  or (known and first > high + 1)
if lost then
  epoch, seq, high = ARGV[5], 0, -1
  redis.call('DEL', state, log)
  redis.call('HSET', state, 'epoch', epoch, 'seq', 0)
end

if ARGV[9] ~= '' then redis.call('HSET', state, 'run', ARGV[9]) end

for i = 10, #ARGV, 3 do
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
