-- Sends DEPTH requests in one write and lets wrk count every answer. DEPTH is the first argument.
local batch

function init(arguments)
  local requests = {}
  for i = 1, tonumber(arguments[1] or 16) do
    requests[i] = wrk.format(nil, wrk.path)
  end
  batch = table.concat(requests)
end

function request()
  return batch
end
