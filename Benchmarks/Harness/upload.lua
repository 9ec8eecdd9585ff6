-- Posts a body of as many bytes as the first argument says, again and again.
function init(arguments)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(arguments[1] or 1048576))
end
