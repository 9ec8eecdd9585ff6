// KernelVersion: uname(2), for the two decisions that no probe can make.

internal import Glibc

package struct KernelVersion: Comparable, Sendable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads the leading numbers of a release such as "6.1.0-18-amd64".
  package init(release: String) {
    let numbers = release.split(whereSeparator: { !("0"..."9").contains($0) }).prefix(3).map { Int($0) ?? 0 }
    self.init(
      numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0, numbers.count > 2 ? numbers[2] : 0)
  }

  package static let running: KernelVersion = {
    var name = utsname()
    // Safety: the call fills a structure of our own.
    guard unsafe uname(&name) == 0 else { return KernelVersion(0, 0) }
    // Safety: uname ends each member with a NUL.
    return unsafe withUnsafeBytes(of: &name.release) {
      unsafe KernelVersion(release: String(cString: $0.baseAddress!.assumingMemoryBound(to: CChar.self)))
    }
  }()

  package static func < (a: KernelVersion, b: KernelVersion) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }

  package var description: String { "\(major).\(minor).\(patch)" }

  /// Direct descriptors: before 6.13 their table was rewritten slowly under churn.
  package var isGoodAtDirectDescriptors: Bool { self >= KernelVersion(6, 13) }

  /// A multishot receive may be given a total. Without one it cannot be cancelled while its peer sends faster
  /// than it is served: between two portions it is on no list that a cancel looks at.
  package var canBoundMultishotReceive: Bool { self >= KernelVersion(6, 17) }

  /// Multishot accept answered wrong descriptors on 6.3 to 6.6.16 and 6.7.0 to 6.7.5
  /// (liburing issue 1062): there it is armed anew for each connection.
  package var hasBrokenMultishotAccept: Bool {
    (self >= KernelVersion(6, 3) && self < KernelVersion(6, 6, 17))
      || (self >= KernelVersion(6, 7) && self < KernelVersion(6, 7, 6))
  }
}
