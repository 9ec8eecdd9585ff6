// Collecting: what a ring on the kernel that runs the tests brings, and with which descriptors it is asked.

import ApusRing
import Testing

/// How long a completion that must come is waited for, in nanoseconds: a machine that is busy with other
/// tests may take its time.
private let patience: UInt64 = 60_000_000_000

/// Completions up to the first that satisfies `isLast`, or all that came while patience lasted.
func collect(_ ring: inout KernelRing, until isLast: (Completion) -> Bool) -> [Completion] {
  var all: [Completion] = []
  let end = Instant(nanoseconds: ring.now().nanoseconds + patience)
  while ring.now() < end {
    ring.submitAndWait(until: end)
    while let completion = ring.reap() {
      all.append(completion)
      if isLast(completion) { return all }
    }
  }
  return all
}

extension KernelRing {
  /// The result of the next completion of `operation`.
  mutating func result(of operation: ApusRing.Operation) throws -> Int32 {
    let last = collect(&self) { $0.token.operation == operation }.last
    return try #require(
      last?.token.operation == operation ? last?.result : nil, "no completion of \(operation)")
  }
}

/// At least `count` completions, and what came with the last of them; fewer if patience ended.
func collect(_ ring: inout KernelRing, _ count: Int) -> [Completion] {
  var all: [Completion] = []
  let end = Instant(nanoseconds: ring.now().nanoseconds + patience)
  while all.count < count, ring.now() < end {
    ring.submitAndWait(until: end)
    while let completion = ring.reap() { all.append(completion) }
  }
  return all
}

/// Ends a test's case that wants direct descriptors, and says so, where the kernel is not served with them.
func requireSupport(direct: Bool) throws {
  if direct, !KernelVersion.running.isGoodAtDirectDescriptors {
    try Test.cancel("this kernel is served with ordinary descriptors")
  }
}
