// ConnectionSecurities: the handshakes' results of a core's connections, by slot. Most are alike, so that
// connections share them: an idle one costs a reference.

import ApusRing

struct ConnectionSecurities {
  /// Results that are shared; what a client may choose bounds them.
  private static let sharedLimit = 64

  private struct Key: Hashable {
    let version: SecureVersion?
    let suite: CipherSuite?
    let serverName: String?
    let isResumed: Bool
  }

  private var bySlot: [ConnectionSecurity?] = []
  private var shared: [Key: ConnectionSecurity] = [:]

  subscript(slot: Slot) -> ConnectionSecurity? {
    Int(slot) < bySlot.count ? bySlot[Int(slot)] : nil
  }

  /// The handshake on the slot's connection is done. What its predecessor had is forgotten.
  mutating func set(_ facts: SecureFacts?, _ slot: Slot) {
    while bySlot.count <= Int(slot) { bySlot.append(nil) }
    bySlot[Int(slot)] = facts.map { security($0) }
  }

  /// The slot has another tenant.
  mutating func forget(_ slot: Slot) {
    if Int(slot) < bySlot.count { bySlot[Int(slot)] = nil }
  }

  private mutating func security(_ facts: SecureFacts) -> ConnectionSecurity {
    guard facts.peer == nil else { return ConnectionSecurity(facts) }
    let key = Key(
      version: facts.version, suite: facts.suite, serverName: facts.serverName, isResumed: facts.isResumed)
    if let known = shared[key] { return known }
    if shared.count == Self.sharedLimit { shared.removeAll() }
    let made = ConnectionSecurity(facts)
    shared[key] = made
    return made
  }
}
