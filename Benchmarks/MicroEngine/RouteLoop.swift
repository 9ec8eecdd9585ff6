// A look-up among 500 routes, most of them with captures: nanoseconds and allocations per path,
// without the rest of a request.

import Apus
import ApusEngine
import ApusHeapProbe
import ApusRing
import ApusWire

/// Prints the best of 200 rounds for each kind of path.
func runRoutes() throws {
  var router = Router()
  for number in 0..<125 {
    router.group("/service\(number)") { group in
      group.get("/items") { _ in .static("items") }
      group.get("/items/{id}") { _ in .static("item") }
      group.get("/items/{id}/parts/{part}") { _ in .static("part") }
      group.get("/files/**") { _ in .static("files") }
    }
  }
  let table = try RouteTable(router)
  print("\(router.routes.count) routes")
  var sum = 0
  for (name, tail, isFound) in [
    ("literal", "/items", true), ("one capture", "/items/48151623", true),
    ("two captures", "/items/4815/parts/1623", true), ("rest", "/files/css/site.css", true),
    ("no route", "/items/4815/none", false),
  ] {
    let paths = (0..<100).map { Array("/service\($0 * 37 % 125)\(tail)".utf8) }
    var best = UInt64.max
    var allocations: UInt = 0
    for _ in 0..<200 {
      allocations &-= apus_heap_allocations()
      let start = Instant.monotonic().nanoseconds
      for path in paths {
        var captures = Captures()
        let leaf = table.find(path.span, &captures)
        precondition((leaf != nil) == isFound)
        sum &+= (leaf ?? 0) &+ captures.count
      }
      best = min(best, Instant.monotonic().nanoseconds - start)
      allocations &+= apus_heap_allocations()
    }
    let time = Double(best) / Double(paths.count)
    print("\(name): \(time) ns, \(Double(allocations) / Double(200 * paths.count)) allocations")
  }
  print("checksum \(sum)")
}
