// From a request to its handler's answer, and the answers that need no handler: 404,
// 405, 413, 500, 501, OPTIONS.

package import ApusEngine
import ApusRing
import ApusWire

extension Router {
  /// A core's handlers. Called on the core's own thread, so that what they hold is that core's alone.
  package func makeHandler(
    collectBytes: Int, metrics: MetricsSource = MetricsSource(), reporter: ErrorReporter = ErrorReporter()
  ) throws(RootError) -> Handler {
    let table = try RouteTable(self, metrics: metrics, reporter: reporter)
    var handler = Handler(
      plan: { table.plan(for: $0, collectBytes: collectBytes) },
      respond: { table.respond(to: $0, collectBytes: collectBytes) },
      settle: { table.settle(&$1, of: $0) })
    handler.wantsAddresses = (hooks + entries.flatMap(\.hooks)).contains { $0.maker.wantsAddresses }
    return handler
  }
}

extension RouteTable {
  /// Collect the body if somebody will read it; otherwise answer before it comes.
  func plan(for request: borrowing Request, collectBytes: Int) -> BodyPlan {
    var captures = Captures()
    if let leaf = find(request.path, &captures),
      let index = handler(of: leaf, for: request.method)
    {
      let most = leaves[leaf].methods[index].collectBytes ?? collectBytes
      if most == Router.readByHandler { return .stream }
      if let count = request.head.contentCount, count > UInt64(most) {
        return .refuse(answerTooLarge(leaf, request, most))
      }
      return .collect(upTo: most)
    }
    return .answer(respond(to: request, collectBytes: collectBytes))
  }

  func respond(to request: borrowing Request, collectBytes: Int) -> Response {
    switch request.head.targetForm {
    case .origin, .absolute: break
    case .asterisk: return answerAsterisk(request)
    case .authority: return answerAuthority(request)
    }
    if let leaf = literals.find(request.path) { return answer(leaf, request, collectBytes) }
    var captures = Captures()
    guard let leaf = findPattern(request.path, &captures) else { return answerUnrouted(request) }
    if let handler = leaves[leaf].fileHandler { return call(handler, request) }
    if let files = leaves[leaf].files {
      return answerFile(files, leaves[leaf].surroundings, request, rest: captures.rest)
    }
    guard captures.count > 0 else { return answer(leaf, request, collectBytes) }
    return answer(leaf, request, collectBytes, captures)
  }

  /// The leaf's handler for a method; HEAD falls back to GET.
  @inline(__always)
  private func handler(of leaf: Int, for method: Method) -> Int? {
    for index in leaves[leaf].methods.indices where leaves[leaf].methods[index].method == method {
      return index
    }
    return method == .head ? handlerForHead(leaf) : nil
  }

  @inline(never)
  private func handlerForHead(_ leaf: Int) -> Int? {
    leaves[leaf].methods.firstIndex { $0.method == .get }
  }

  /// The hooks around the route that takes the method, or around the leaf where no route does.
  private func surroundings(of leaf: Int, for method: Method) -> Surroundings {
    guard let index = handler(of: leaf, for: method) else { return leaves[leaf].surroundings }
    return surroundings[leaves[leaf].methods[index].handler]
  }

  /// Answers with the leaf's handler for the method, or says which methods there are.
  @inline(__always)
  private func answer(_ leaf: Int, _ request: borrowing Request, _ collectBytes: Int) -> Response {
    guard let index = handler(of: leaf, for: request.head.method) else {
      return answerOtherMethod(leaf, request)
    }
    let most = leaves[leaf].methods[index].collectBytes ?? collectBytes
    if request.body.count > most { return answerTooLarge(leaf, request, most) }
    return call(leaves[leaf].methods[index].handler, request)
  }

  /// The same for a pattern with captures, which have the names that the method's own route gives them.
  private func answer(
    _ leaf: Int, _ request: borrowing Request, _ collectBytes: Int, _ captures: consuming Captures
  ) -> Response {
    guard let index = handler(of: leaf, for: request.head.method) else {
      return answerOtherMethod(leaf, request)
    }
    let most = leaves[leaf].methods[index].collectBytes ?? collectBytes
    if request.body.count > most { return answerTooLarge(leaf, request, most) }
    var captures = captures
    captures.names = leaves[leaf].methods[index].names
    return call(leaves[leaf].methods[index].handler, request.with(captures))
  }

  /// A handler that throws has answered nothing yet, and an answer that cannot be sent is none: an error's,
  /// and the connection stays (its request was read to the end).
  @inline(__always)
  private func call(_ handler: Int, _ request: borrowing Request) -> Response {
    do {
      let response = try handlers.call(handler, request)
      guard let fault = response.fault else { return response }
      return refuse(fault, handler, request)
    } catch { return refuse(error, handler, request) }
  }

  @inline(never)
  private func refuse(_ error: any Error, _ handler: Int, _ request: borrowing Request) -> Response {
    surroundings[handler].errors.refuse(error, request)
  }

  /// Shows a request's hooks its outcome, though no handler has seen it and it is not answered.
  func settle(_ response: inout Response, of request: borrowing Request) {
    var captures = Captures()
    let leaf = find(request.path, &captures)
    (leaf.map { surroundings(of: $0, for: request.method) } ?? unrouted).settle(&response, request)
  }

  // MARK: without a handler

  /// RFC 9110 section 9.3.7: OPTIONS * asks about the server as a whole.
  @inline(never)
  private func answerAsterisk(_ request: borrowing Request) -> Response {
    unrouted.respond(to: request) { _ in .ownMethods }
  }

  /// CONNECT asks for a tunnel, which is a proxy's.
  @inline(never)
  private func answerAuthority(_ request: borrowing Request) -> Response {
    unrouted.respond(to: request) { _ in throw RoutingError.methodNotImplemented }
  }

  @inline(never)
  private func answerUnrouted(_ request: borrowing Request) -> Response {
    unrouted.respond(to: request) { request in
      throw request.method == .other ? RoutingError.methodNotImplemented : .notFound
    }
  }

  @inline(never)
  private func answerTooLarge(_ leaf: Int, _ request: borrowing Request, _ most: Int) -> Response {
    surroundings(of: leaf, for: request.method).respond(to: request) { _ in
      throw RoutingError.contentTooLarge(limit: most)
    }
  }

  @inline(never)
  private func answerOtherMethod(_ leaf: Int, _ request: borrowing Request) -> Response {
    leaves[leaf].surroundings.respond(to: request) { request in
      if request.method == .other { throw RoutingError.methodNotImplemented }
      let allow = leaves[leaf].allow
      if request.method == .options { return Response.empty().adding(ResponseField("Allow", allow)) }
      throw RoutingError.methodNotAllowed(allowed: allow)
    }
  }

  @inline(never)
  private func answerFile(
    _ files: FileHandler, _ surroundings: Surroundings, _ request: borrowing Request, rest: Int
  ) -> Response {
    surroundings.respond(to: request) { (request: borrowing Request) in
      Self.answerFile(files, surroundings, request, rest: rest)
    }
  }

  static func answerFile(
    _ files: FileHandler, _ surroundings: Surroundings, _ request: borrowing Request, rest: Int,
    repeatably: Bool = false
  ) -> Response {
    let path = request.path.extracting(rest..<request.path.count)
    let response = files.respond(to: request, path: path, repeatably: repeatably)
    return response.status.isError ? shape(response, files, surroundings, request) : response
  }

  /// An error as any other, with the answer that the files' fields are in.
  @inline(never)
  private static func shape(
    _ response: Response, _ files: FileHandler, _ surroundings: Surroundings, _ request: borrowing Request
  ) -> Response {
    let failure = files.failure.take()
    let error: any Error =
      switch response.status {
      case .notFound: RoutingError.notFound
      case .methodNotAllowed: RoutingError.methodNotAllowed(allowed: FileHandler.allow.value)
      case .notImplemented: RoutingError.methodNotImplemented
      default: failure ?? HTTPError(response.status)
      }
    return surroundings.errors.shape(response, of: error, request)
  }
}
