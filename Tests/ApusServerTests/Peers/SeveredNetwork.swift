// SeveredNetwork: a network namespace with one line to it that can be cut, so that packets vanish without a
// word in both directions. It lives as long as the process that holds it; making one takes root.

import ApusTestSupport
import Foundation
import Glibc
import Synchronization
import Testing

/// One test uses it, a step after the other.
final class SeveredNetwork: @unchecked Sendable {
  /// This end and the other one.
  let near: String
  let far: String
  private let holder: Subprocess
  private let nearDevice: String
  private let farDevice: String

  private static let count = Atomic<Int>(0)

  /// Whether such a network can be made here: unshare(1) and ip(8), and the right to use them.
  static let isAllowed: Bool = {
    let trial = "unshare -n true && ip link add apt$$a type veth peer name apt$$b && ip link del apt$$a"
    return (try? Subprocess.run(["sh", "-c", trial]).code) == 0
  }()

  static let refusal: Comment =
    "network namespaces cannot be made here: that takes root, unshare(1) and ip(8)"

  init() throws {
    let number = Self.count.add(1, ordering: .relaxed).newValue
    let process = Int(getpid())
    // RFC 2544: addresses for tests.
    let block = "198.\(18 + process / 250 % 2).\(process % 250)"
    near = "\(block).\(number * 4 + 1)"
    far = "\(block).\(number * 4 + 2)"
    nearDevice = "apt\(process)n\(number)"
    farDevice = "apt\(process)f\(number)"
    holder = try Subprocess(["unshare", "-n", "sh", "-c", "echo holds; exec sleep 600"])
    let holds = holder.listen(for: "holds")
    try #require(holds, "\(holder.said)")
    try run("ip link add \(nearDevice) type veth peer name \(farDevice) netns \(holder.identifier)")
    try run("ip addr add \(near)/30 dev \(nearDevice)")
    try run("ip link set \(nearDevice) up")
    try run("\(inside) ip addr add \(far)/30 dev \(farDevice)")
    try run("\(inside) ip link set \(farDevice) up")
  }

  deinit {
    // The namespace may outlive its holder by the minutes in which connections whose
    // ends have gone are given up.
    _ = try? Subprocess.run(["ip", "link", "del", nearDevice])
    holder.signal(SIGKILL)
    _ = holder.end()
  }

  private var inside: String { "nsenter -t \(holder.identifier) -n" }

  private func run(_ command: String) throws {
    let (code, output) = try Subprocess.run(command.split(separator: " ").map(String.init))
    try #require(code == 0, "\(command): \(output)")
  }

  /// Starts a program at the far end.
  func start(_ arguments: [String]) throws -> Subprocess {
    try Subprocess(inside.split(separator: " ").map(String.init) + arguments)
  }

  /// Both ends take the other for a station that is not there: what they send nobody receives.
  func cut() throws {
    try run("ip neigh replace \(far) lladdr 02:00:00:00:00:01 nud permanent dev \(nearDevice)")
    try run("\(inside) ip neigh replace \(near) lladdr 02:00:00:00:00:01 nud permanent dev \(farDevice)")
  }

  func mend() throws {
    try run("ip neigh del \(far) dev \(nearDevice)")
    try run("\(inside) ip neigh del \(near) dev \(farDevice)")
  }
}
