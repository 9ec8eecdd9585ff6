// From a request to its handler's answer, and the answers that need no handler: 404, 405, 413, 500, 501, OPTIONS.

package import ApusEngine
package import ApusRing
import ApusWire

extension Router {
  /// A core's handlers. Called on the core's own thread, so that what they hold is that core's alone.
  package func makeHandler(
    collectBytes: Int, metrics: MetricsSource = MetricsSource()
  ) throws(FileError) -> Handler {
    let table = try RouteTable(self, metrics: metrics)
    var handler = Handler(
      plan: { table.plan(for: $0, collectBytes: collectBytes) },
      respond: { table.respond(to: $0, collectBytes: collectBytes) })
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
      if case .length(let count) = request.head.framing, count > UInt64(most) {
        return .refuse(answerTooLarge(leaf, request))
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
      return answerFile(files, leaves[leaf].chain, request, rest: captures.rest)
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

  /// Answers with the leaf's handler for the method, or says which methods there are.
  @inline(__always)
  private func answer(_ leaf: Int, _ request: borrowing Request, _ collectBytes: Int) -> Response {
    guard let index = handler(of: leaf, for: request.head.method) else {
      return answerOtherMethod(leaf, request)
    }
    if request.body.count > leaves[leaf].methods[index].collectBytes ?? collectBytes {
      return answerTooLarge(leaf, request)
    }
    return call(leaves[leaf].methods[index].handler, request)
  }

  /// The same for a pattern with captures, which have the names that the method's own route gives them.
  private func answer(
    _ leaf: Int, _ request: borrowing Request, _ collectBytes: Int, _ captures: consuming Captures
  ) -> Response {
    guard let index = handler(of: leaf, for: request.head.method) else {
      return answerOtherMethod(leaf, request)
    }
    if request.body.count > leaves[leaf].methods[index].collectBytes ?? collectBytes {
      return answerTooLarge(leaf, request)
    }
    var captures = captures
    captures.names = leaves[leaf].methods[index].names
    return call(leaves[leaf].methods[index].handler, request.with(captures))
  }

  /// A handler that throws has answered nothing yet: 500, and the connection stays (its request was read to the end).
  @inline(__always)
  private func call(_ handler: Int, _ request: borrowing Request) -> Response {
    do { return try handlers.call(handler, request) } catch { return Response(refusing: error) }
  }

  // MARK: without a handler

  /// RFC 9110 section 9.3.7: OPTIONS * asks about the server as a whole.
  @inline(never)
  private func answerAsterisk(_ request: borrowing Request) -> Response {
    within(chain, request) { _ in .ownMethods }
  }

  /// CONNECT asks for a tunnel, which is a proxy's.
  @inline(never)
  private func answerAuthority(_ request: borrowing Request) -> Response {
    within(chain, request) { _ in .plain(.notImplemented) }
  }

  @inline(never)
  private func answerUnrouted(_ request: borrowing Request) -> Response {
    within(chain, request) { $0.method == .other ? .plain(.notImplemented) : .plain(.notFound) }
  }

  @inline(never)
  private func answerTooLarge(_ leaf: Int, _ request: borrowing Request) -> Response {
    within(leaves[leaf].chain, request) { _ in .plain(.contentTooLarge) }
  }

  @inline(never)
  private func answerOtherMethod(_ leaf: Int, _ request: borrowing Request) -> Response {
    within(leaves[leaf].chain, request) { request in
      if request.method == .other { return .plain(.notImplemented) }
      let answer = request.method == .options ? Response.empty() : .plain(.methodNotAllowed)
      guard let allow = ResponseField(name: "Allow", value: leaves[leaf].allow) else { return answer }
      return answer.adding(allow)
    }
  }

  @inline(never)
  private func answerFile(
    _ files: FileHandler, _ chain: HookChain?, _ request: borrowing Request, rest: Int
  ) -> Response {
    guard let chain else { return Self.answerFile(files, request, rest: rest, repeatably: true) }
    return chain.respond(to: request) { Self.answerFile(files, $0, rest: rest) }
  }

  static func answerFile(
    _ files: FileHandler, _ request: borrowing Request, rest: Int, repeatably: Bool = false
  ) -> Response {
    request.method == .other
      ? .plain(.notImplemented)
      : files.respond(
        to: request, path: request.path.extracting(rest..<request.path.count), repeatably: repeatably)
  }

  private func within(
    _ chain: HookChain?, _ request: borrowing Request, _ handler: (borrowing Request) -> Response
  )
    -> Response
  {
    guard let chain else { return handler(request) }
    return chain.respond(to: request, handler)
  }
}
