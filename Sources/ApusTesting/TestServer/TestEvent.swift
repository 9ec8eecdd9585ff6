// TestEvent: server-sent events as a browser takes them from a stream (WHATWG HTML section 9.2.6).

/// One server-sent event.
public struct TestEvent: Sendable, Equatable {
  /// Its type; `message` unless it says otherwise.
  public var event = "message"
  /// Its lines, joined by line feeds.
  public var data = ""
  /// Its id; nil if it has none.
  public var id: String?

  /// The event with this data, of the usual type.
  public init(_ data: String, event: String = "message", id: String? = nil) {
    self.data = data
    self.event = event
    self.id = id
  }
}

extension TestExchange {
  /// The next event of a stream of server-sent events; comments are skipped. Nil at the stream's end, where
  /// an event without its empty line is none.
  /// - Throws: as `response()`.
  public func nextEvent() async throws -> TestEvent? {
    var event = TestEvent("")
    var lines: [String] = []
    while let line = try await nextLine() {
      if line.isEmpty {
        if lines.isEmpty { continue }
        event.data = lines.joined(separator: "\n")
        return event
      }
      let (name, value) = Self.field(line)
      switch name {
      case "data": lines.append(value)
      case "event": event.event = value
      case "id": event.id = value
      default: break
      }
    }
    return nil
  }

  private static func field(_ line: String) -> (name: Substring, value: String) {
    guard let colon = line.firstIndex(of: ":") else { return (line[...], "") }
    let value = line[line.index(after: colon)...]
    return (line[..<colon], String(value.hasPrefix(" ") ? value.dropFirst() : value))
  }
}
