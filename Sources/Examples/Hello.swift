// Hello: the smallest service. A handler runs in place, on the core that received the request.

public import Apus

/// Greets the world, or whom the path names.
public func hello() -> Router {
  var router = Router()
  router.get("/") { _ in .static("Hello, World!\n") }
  router.get("/hello/{name}") { request in .text("Hello, \(request.parameter("name") ?? "you")!\n") }
  return router
}
