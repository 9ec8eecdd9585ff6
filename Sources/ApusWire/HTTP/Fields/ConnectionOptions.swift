// ConnectionOptions: the members of Connection that mean something to us (RFC 9110 7.6.1).

struct ConnectionOptions: OptionSet {
  let rawValue: UInt8

  static let close = ConnectionOptions(rawValue: 1)
  static let keepAlive = ConnectionOptions(rawValue: 2)
  static let upgrade = ConnectionOptions(rawValue: 4)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The options of one line; unknown ones are no concern of ours.
  init(_ value: Span<UInt8>) {
    // Nearly every line is one of these two, alone.
    if value.equalsIgnoringCase("keep-alive") {
      self = .keepAlive
      return
    }
    if value.equalsIgnoringCase("close") {
      self = .close
      return
    }
    self = []
    var list = FieldList(tokens: value)
    while let member = list.next() {
      let option = value.extracting(member)
      switch option.count {
      case 5 where option.equalsIgnoringCase("close"): insert(.close)
      case 7 where option.equalsIgnoringCase("upgrade"): insert(.upgrade)
      case 10 where option.equalsIgnoringCase("keep-alive"): insert(.keepAlive)
      default: break
      }
    }
  }
}
