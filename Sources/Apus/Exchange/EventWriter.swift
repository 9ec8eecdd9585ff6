// EventWriter: server-sent events (WHATWG HTML section 9.2) over a streamed answer.

/// Sends events to one client.
public struct EventWriter: ~Copyable, Sendable {
  private var writer: ResponseWriter

  init(writer: consuming ResponseWriter) { self.writer = writer }

  /// Whether the server has been told to end: time to send a last event and return.
  public var isDraining: Bool { writer.isDraining }

  /// False if no event can be sent any more.
  mutating func begin(endsAtDrain: Bool) throws -> Bool {
    try writer.held.use().beginEndless(endsAtDrain: endsAtDrain)
    return !(endsAtDrain && isDraining)
  }

  /// Sends one event at once. It suspends only while the client has many earlier bytes to read.
  ///
  /// - Parameters:
  ///   - data: Any text; each of its lines is a `data` line.
  ///   - event: The event's type; a line end in it is sent as a space.
  ///   - id: The value of `Last-Event-ID` when the client reconnects; a line end in it is sent as a space.
  public mutating func send(_ data: String, event: String? = nil, id: String? = nil) async throws {
    var text = ""
    if let event { text += "event: \(Self.line(event))\n" }
    if let id { text += "id: \(Self.line(id))\n" }
    for line in data.split(omittingEmptySubsequences: false, whereSeparator: Self.endsLine) {
      text += "data: \(line)\n"
    }
    try await writer.write(text + "\n")
  }

  /// A line that clients skip: it keeps proxies from taking a quiet stream for a dead one.
  public mutating func comment(_ text: String = "") async throws {
    try await writer.write(": \(Self.line(text))\n\n")
  }

  consuming func finish() throws {
    try writer.finish()
  }

  private static func line(_ text: String) -> String { String(text.map { endsLine($0) ? " " : $0 }) }

  /// True for a line end of an event stream. Other line breaks of Unicode are text there.
  private static func endsLine(_ character: Character) -> Bool {
    character == "\n" || character == "\r" || character == "\r\n"
  }
}
