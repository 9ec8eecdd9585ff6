// Hook: what runs before or after handlers, in place: no task, no allocation of its own. A route without
// hooks has its handler called as if there were none.

public import ApusEngine

/// Looks at a request before its handler does. If it returns a response, that is the request's response: the
/// handler and the further `before` hooks are not called, and the `after` hooks are. It must not block.
public typealias BeforeHook = (borrowing Request) throws -> Response?

/// Changes a response before it is sent, whether it comes from a handler, an error, a hook, the router (404,
/// early 413) or a time-out (503). If a connection ends before its request has a response, the hook sees the
/// status that logs have, though it is sent to nobody: 499 where the client has gone, 503 where the server
/// ends, as at the end of a drain. It must not block. It does not see the responses that end a connection
/// because the request was never whole: 400, 408, and 413 in the midst of chunks.
public typealias AfterHook = (borrowing Request, inout Response) -> Void

/// A hook, or a pair of them that belong together, as `Router.add(_:)` takes it. The shipped ones are static
/// members: `.cors()`, `.securityFields()`, `.requestID()`, ...
public struct Hook: Sendable {
  /// One core's side of a hook: what it keeps is that core's alone.
  public struct Parts {
    var before: BeforeHook?
    var after: AfterHook?
    var onError: ErrorHook?
    /// How long an answer may take.
    var answerLimit: Duration?
    /// How requests get their ids.
    var identity: RequestIdentity?

    /// Each may be left out.
    public init(before: BeforeHook? = nil, after: AfterHook? = nil, onError: ErrorHook? = nil) {
      self.before = before
      self.after = after
      self.onError = onError
    }
  }

  /// Tells one hook from another, so that a core makes each once, however many routes it stands before.
  final class Maker: Sendable {
    let make: @Sendable () -> Parts
    let wantsAddresses: Bool
    /// Why the hook cannot be; it keeps the server from starting.
    let fault: String?

    init(_ make: @escaping @Sendable () -> Parts, wantsAddresses: Bool, fault: String?) {
      self.make = make
      self.wantsAddresses = wantsAddresses
      self.fault = fault
    }
  }

  let maker: Maker

  /// A hook that keeps something: `make` is called once on each core, on the core's own thread, so what the
  /// closures that it returns capture needs no lock.
  ///
  /// - Parameter wantsAddresses: whether `Request.peerAddress` is to be known: every connection is asked for
  ///   it once, which costs an entry in the ring.
  public init(wantsAddresses: Bool = false, perCore make: @escaping @Sendable () -> Parts) {
    maker = Maker(make, wantsAddresses: wantsAddresses, fault: nil)
  }

  /// A hook that was made from texts, of which `fault` says what is wrong with one.
  init(fault: String?, perCore make: @escaping @Sendable () -> Parts) {
    maker = Maker(make, wantsAddresses: false, fault: fault)
  }

  /// A hook that runs before handlers.
  public static func before(_ body: @escaping @Sendable (borrowing Request) throws -> Response?) -> Hook {
    Hook { Parts(before: body) }
  }

  /// A hook that runs for errors.
  public static func onError(
    _ body: @escaping @Sendable (borrowing Request, RequestFailure, inout Response) -> Void
  ) -> Hook {
    Hook { Parts(onError: body) }
  }

  /// A hook that runs after them.
  public static func after(_ body: @escaping @Sendable (borrowing Request, inout Response) -> Void) -> Hook {
    Hook { Parts(after: body) }
  }
}
