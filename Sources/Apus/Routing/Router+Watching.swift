// The roots that a router serves from, watched: the cores of one server share what they know of each.

import Logging

extension Router {
  /// The same routes, with what the cores of one server share of each root. It tells `logger`.
  func watched(_ logger: Logger) -> Router {
    var router = self
    for index in router.entries.indices {
      guard case .files(let files) = router.entries[index].endpoint else { continue }
      router.entries[index].watch = RootWatch(files.root, logger: logger)
    }
    return router
  }
}
