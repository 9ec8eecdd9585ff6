// A server's configuration read by swift-configuration: from the environment, files, or wherever its
// providers look. With the package trait `Configuration`.

#if Configuration
  public import Configuration
  import ApusEngine
  import ApusWire

  extension Server.Configuration {
    /// The defaults, changed by what `reader` knows:
    ///
    /// | key | |
    /// |---|---|
    /// | `listen` | addresses, as `Server.Address` reads them |
    /// | `cores` | a number; all if it is absent |
    /// | `serverName` | the value of `Server` |
    /// | `keepAlive.timeout`, `keepAlive.announced` | seconds |
    /// | `keepAlive.maxRequests` | requests that one connection may make |
    /// | `timeouts.firstByte`, `.head`, `.bodyStall`, `.sendStall`, `.answer`, `.drain` | seconds |
    /// | `limits.collectBytes`, `limits.headBytes`, `limits.connections` | |
    ///
    /// A scoped reader puts a prefix before them: `Server.Configuration(reader.scoped(to: "http"))` reads
    /// `http.listen`, which in the environment is `HTTP_LISTEN`.
    ///
    /// - Throws: `ServerError.badConfiguration` for a value that is none of its kind. Whether it is in its
    ///   range is looked at when a server starts.
    public init(_ reader: ConfigReader) throws(ServerError) {
      self.init()
      try read(listenAt: reader)
      if let count = try reader.wholeNumber("cores") { cores = .count(count) }
      if let name = reader.string(forKey: "serverName") { serverName = name }

      let keepAlive = reader.scoped(to: "keepAlive")
      try keepAlive.read("timeout", &timeouts.keepAlive)
      if let seconds = try keepAlive.wholeNumber("announced") {
        guard let announced = UInt16(exactly: seconds) else {
          throw .none("keepAlive.announced", "below 65,536")
        }
        announcedKeepAlive = announced
      }
      if let requests = try keepAlive.wholeNumber("maxRequests") {
        guard let most = UInt32(exactly: requests) else { throw .none("keepAlive.maxRequests", "below 2^32") }
        limits.requestsPerConnection = most
      }

      let times = reader.scoped(to: "timeouts")
      try times.read("firstByte", &timeouts.firstByte)
      try times.read("head", &timeouts.head)
      try times.read("bodyStall", &timeouts.bodyStall)
      try times.read("sendStall", &timeouts.sendStall)
      try times.read("drain", &timeouts.drain)
      if let bound = try times.duration("answer") { timeouts.answer = bound }

      let bounds = reader.scoped(to: "limits")
      if let bytes = try bounds.wholeNumber("collectBytes") { limits.collectBytes = bytes }
      if let bytes = try bounds.wholeNumber("headBytes") {
        guard (128...65_535).contains(bytes) else { throw .none("limits.headBytes", "from 128 to 65,535") }
        limits.head = HeadLimits(requestLineBytes: min(8192, bytes), headBytes: bytes)
      }
      if let count = try bounds.wholeNumber("connections") { limits.connections = count }
    }

    private mutating func read(listenAt reader: ConfigReader) throws(ServerError) {
      let texts = reader.stringArray(forKey: "listen") ?? reader.string(forKey: "listen").map { [$0] }
      guard let texts else { return }
      listen = []
      for text in texts {
        guard let address = Server.Address(text) else {
          throw .none("listen", "such as 127.0.0.1:8080 or unix:/path")
        }
        listen.append(address)
      }
    }
  }

  extension ConfigReader {
    /// nil if it is absent. A value of another kind is not absent: it is known as a text.
    fileprivate func wholeNumber(_ key: ConfigKey) throws(ServerError) -> Int? {
      if let number = int(forKey: key) { return number }
      if string(forKey: key) != nil { throw .none("\(key)", "a whole number") }
      return nil
    }

    fileprivate func duration(_ key: ConfigKey) throws(ServerError) -> Duration? {
      if let seconds = int(forKey: key) { return .seconds(seconds) }
      if let seconds = double(forKey: key), seconds.isFinite, seconds.magnitude < 1e9 {
        return .seconds(seconds)
      }
      if string(forKey: key) != nil || double(forKey: key) != nil {
        throw .none("\(key)", "a number of seconds")
      }
      return nil
    }

    fileprivate func read(_ key: ConfigKey, _ duration: inout Duration) throws(ServerError) {
      if let found = try self.duration(key) { duration = found }
    }
  }

  extension ServerError {
    fileprivate static func none(_ key: String, _ kind: String) -> ServerError {
      .badConfiguration(explanation: "the configuration's \(key) must be \(kind)")
    }
  }
#endif
