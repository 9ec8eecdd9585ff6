// The asynchronous tier: a handler that may suspend runs as a task on the core that received its request. The
// same spelling as the synchronous tier; `await` in the closure decides.

public import ApusEngine
import ApusWire

/// Answers a request, and may suspend. It runs on its request's core; so do `Task.sleep`, task groups and
/// what comes back from actors. The request is a view of a copy, valid to the end. Its task is cancelled
/// when the peer goes away.
public typealias AsynchronousHandler = @Sendable (borrowing Request) async throws -> Response
