// Primes: a computation that takes long. On a core it would hold up everybody's requests; `offload` runs it
// on a thread of its own, and the handler continues on its core when it is done.

public import Apus

/// `/primes/{below}` counts the primes below a number.
public func primes() -> Router {
  var router = Router()
  router.add(.timeout(.seconds(60)))
  router.get("/primes/{below}") { request in
    let below = try request.parameter("below", as: Int.self)
    guard (0...100_000_000).contains(below) else {
      throw HTTPError(.badRequest, "below is at most 100000000")
    }
    let count = try await offload { countPrimes(below: below) }
    return try .json { $0.member("primes", count) }
  }
  return router
}

/// The sieve of Eratosthenes.
func countPrimes(below limit: Int) -> Int {
  guard limit > 2 else { return 0 }
  var isComposite = [Bool](repeating: false, count: limit)
  var count = 0
  for number in 2..<limit where !isComposite[number] {
    count += 1
    for multiple in stride(from: number * number, to: limit, by: number) { isComposite[multiple] = true }
  }
  return count
}
