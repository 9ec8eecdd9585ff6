// The hook that sees errors, and may answer them in another way.

public import ApusEngine

/// Sees each error of a request, with what it is to be answered with, and may answer it in another way: an
/// error of a handler, a hook or a middleware, the router's own (404, 405, 413, 501), a time-out's (503), a
/// proxy's (502 to 504). It runs before the `after` hooks, and must not block. Errors that come when the
/// answer has begun are not seen: see `Server.Configuration.onError`.
public typealias ErrorHook = (borrowing Request, RequestFailure, inout Response) -> Void
