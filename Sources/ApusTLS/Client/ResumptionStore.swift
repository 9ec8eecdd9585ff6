// ResumptionStore: one core's tickets from servers, for resuming sessions.

/// Tickets by the key of the connections that may use them. Each is used once (RFC 8446 appendix C.4):
/// otherwise an observer could tell that two connections belong to one client. A TLS 1.2 ticket stays,
/// because TLS 1.2 reveals that anyway.
struct ResumptionStore {
  private static let ticketLimit = 1024
  private static let keyTicketLimit = 64

  struct Ticket {
    let session: Owned
    let isReusable: Bool
  }

  /// The newest ticket of a key is last.
  private var tickets: [String: [Ticket]] = [:]
  private var keys: [String] = []
  private(set) var count = 0

  /// The newest ticket's session.
  mutating func take(_ key: String) -> Owned? {
    guard let ticket = tickets[key]?.last else { return nil }
    if !ticket.isReusable { remove(from: key) { $0.removeLast() } }
    return ticket.session
  }

  mutating func keep(_ ticket: Ticket, for key: String) {
    if tickets[key] == nil { keys.append(key) }
    // A reusable ticket replaces the others: it is equally good, and newer.
    if ticket.isReusable { count -= tickets.updateValue([], forKey: key)?.count ?? 0 }
    tickets[key, default: []].append(ticket)
    count += 1
    if tickets[key]!.count > Self.keyTicketLimit { remove(from: key) { $0.removeFirst() } }
    while count > Self.ticketLimit { remove(from: keys[0]) { $0.removeFirst() } }
  }

  /// Removes a ticket of one key; the key goes with its last ticket.
  private mutating func remove(from key: String, _ body: (inout [Ticket]) -> Ticket) {
    guard tickets[key]?.isEmpty == false else { return }
    _ = body(&tickets[key]!)
    count -= 1
    guard tickets[key]!.isEmpty else { return }
    tickets[key] = nil
    keys.removeAll { $0 == key }
  }
}
