// CoreChoice: how many cores a server has, where they run, and why so many.

package import ApusRing

/// The least of what the process may run on, what time it is given, and what the configuration asks for.
package struct CoreChoice: Sendable, Equatable {
  /// A core's processor; nil where the kernel is to choose, and to choose again.
  package let processors: [Int?]
  /// In a sentence's words.
  package let reason: String

  var count: Int { processors.count }

  /// - Parameters:
  ///   - available: The processors that the process may run on (sched_getaffinity(2)).
  ///   - quota: The share of processor time that its control groups leave it.
  package init(_ wanted: Server.Cores, available: [Int], quota: ProcessorQuota?) {
    var count = available.count
    var reason = count == 1 ? "the one processor of this process" : "all \(count) processors of this process"
    // A quota is a share of time, of no processor in particular: the servers of many containers, each pinned
    // to the first processors, would leave the others idle.
    var isPinned = true
    if let quota, quota.threads < count {
      count = quota.threads
      reason = "the control group's quota of \(Self.text(quota.processors)) processors"
      isPinned = false
    }
    if case .count(let asked) = wanted, max(1, asked) <= count {
      count = max(1, asked)
      reason = "as asked"
    } else if case .count(let asked) = wanted {
      reason = "\(asked) asked for, but no more than " + reason
    }
    processors = available.prefix(count).map { isPinned ? $0 : nil }
    self.reason = reason
  }

  /// `1.5`, `2`: two decimals at most, rounded up, as the threads are.
  private static func text(_ processors: Double) -> String {
    let hundredths = Int((min(processors, 65_536) * 100).rounded(.up))
    let fraction = hundredths % 100
    if fraction == 0 { return "\(hundredths / 100)" }
    let digits = fraction % 10 == 0 ? "\(fraction / 10)" : fraction < 10 ? "0\(fraction)" : "\(fraction)"
    return "\(hundredths / 100).\(digits)"
  }
}
