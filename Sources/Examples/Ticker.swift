// Ticker: a clock as server-sent events. A stream costs a task; between two ticks nothing of it runs, and
// when its client goes away it is cancelled.

public import Apus

/// `/ticks` counts seconds; `?count=` ends it after so many.
public func ticker() -> Router {
  var router = Router()
  router.events("/ticks") { request, events in
    let count = try request.query("count", as: Int.self) ?? .max
    var number = 0
    while number < count {
      number += 1
      try await events.send("\(number)", event: "tick", id: "\(number)")
      try await Task.sleep(for: .seconds(1))
    }
  }
  return router
}
