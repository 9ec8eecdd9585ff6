// From a request to its handler's answer, and the answers that need no handler: 404, 405, 413, 500, 501, OPTIONS.

package import ApusEngine
package import ApusRing
import ApusWire

extension Router {
  /// A core's handlers. Called on the core's own thread, so that what they hold is that core's alone.
  package func makeHandler(collectBytes: Int) throws(FileError) -> Handler {
    let table = try RouteTable(self)
    return Handler(
      plan: { table.plan(for: $0, collectBytes: collectBytes) },
      respond: { table.respond(to: $0, collectBytes: collectBytes) })
  }
}

extension RouteTable {
  /// Collect the body if somebody will read it; otherwise answer before it comes.
  func plan(for request: borrowing Request, collectBytes: Int) -> BodyPlan {
    var captures = Captures()
    if let leaf = find(request.path, &captures),
      let index = leaves[leaf].methods.firstIndex(where: { $0.method == request.method })
    {
      return .collect(upTo: leaves[leaf].methods[index].collectBytes ?? collectBytes)
    }
    return .answer(respond(to: request, collectBytes: collectBytes))
  }

  func respond(to request: borrowing Request, collectBytes: Int) -> Response {
    switch request.head.targetForm {
    case .origin, .absolute: break
    // RFC 9110 section 9.3.7: OPTIONS * asks about the server as a whole.
    case .asterisk: return .empty(.noContent).adding(ResponseField("Allow", "GET, HEAD, POST, OPTIONS"))
    case .authority: return .plain(.notImplemented)
    }
    if let leaf = literals.find(request.path) { return answer(leaf, request, collectBytes) }
    var captures = Captures()
    guard let leaf = find(request.path, &captures) else {
      return request.method == .other ? .plain(.notImplemented) : .plain(.notFound)
    }
    if let files = leaves[leaf].files {
      return request.method == .other
        ? .plain(.notImplemented)
        : files.respond(to: request, path: request.path.extracting(captures.rest..<request.path.count))
    }
    guard captures.count > 0 else { return answer(leaf, request, collectBytes) }
    captures.names = leaves[leaf].names
    return answer(leaf, request.with(captures), collectBytes)
  }

  /// Answers with the leaf's handler for the method, or says which methods there are.
  @inline(__always)
  private func answer(_ leaf: Int, _ request: borrowing Request, _ collectBytes: Int) -> Response {
    let wanted = request.method == .head ? Method.get : request.method
    for index in leaves[leaf].methods.indices where leaves[leaf].methods[index].method == wanted {
      if request.body.count > leaves[leaf].methods[index].collectBytes ?? collectBytes {
        return .plain(.contentTooLarge)
      }
      return call(leaves[leaf].methods[index].handler, request)
    }
    if request.method == .other { return .plain(.notImplemented) }
    let status: Status = request.method == .options ? .noContent : .methodNotAllowed
    let answer = request.method == .options ? Response.empty() : .plain(status)
    guard let allow = ResponseField(name: "Allow", value: leaves[leaf].allow) else { return answer }
    return answer.adding(allow)
  }

  /// A handler that throws has answered nothing yet: 500, and the connection stays (its request was read to the end).
  @inline(__always)
  private func call(_ handler: SynchronousHandler, _ request: borrowing Request) -> Response {
    do {
      return try handler(request)
    } catch {
      return Response(refusing: error)
    }
  }
}
