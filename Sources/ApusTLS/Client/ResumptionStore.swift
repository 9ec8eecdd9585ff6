// ResumptionStore: what servers gave a client to resume sessions with. One core's.

/// Tickets by the key of those connections that may use them. Each is used once (RFC 8446 appendix C.4), or a
/// listener could tell that two connections are one client's; one of TLS 1.2, which shows that anyhow, stays.
struct ResumptionStore {
  private static let ticketLimit = 1024
  private static let keyTicketLimit = 64

  struct Ticket {
    let session: Owned
    let isReusable: Bool
  }

  /// Newest last.
  private var tickets: [String: [Ticket]] = [:]
  private var keys: [String] = []
  private(set) var count = 0

  /// The newest one.
  mutating func take(_ key: String) -> Owned? {
    guard let ticket = tickets[key]?.last else { return nil }
    if !ticket.isReusable { remove(from: key) { $0.removeLast() } }
    return ticket.session
  }

  mutating func keep(_ ticket: Ticket, for key: String) {
    if tickets[key] == nil { keys.append(key) }
    // A reusable one replaces what is there: it is as good, and newer.
    if ticket.isReusable { count -= tickets.updateValue([], forKey: key)?.count ?? 0 }
    tickets[key, default: []].append(ticket)
    count += 1
    if tickets[key]!.count > Self.keyTicketLimit { remove(from: key) { $0.removeFirst() } }
    while count > Self.ticketLimit { remove(from: keys[0]) { $0.removeFirst() } }
  }

  /// Of one key, which goes with its last.
  private mutating func remove(from key: String, _ body: (inout [Ticket]) -> Ticket) {
    guard tickets[key]?.isEmpty == false else { return }
    _ = body(&tickets[key]!)
    count -= 1
    guard tickets[key]!.isEmpty else { return }
    tickets[key] = nil
    keys.removeAll { $0 == key }
  }
}
