// ResponseHead: what an answer's head says, apart from the fields that a handler adds.

/// What the `Connection` field says.
package enum ConnectionDirective: Equatable, Sendable {
  /// Nothing: the connection stays, as HTTP/1.1 does unless told otherwise.
  case implicit
  case close
  /// For a peer that speaks HTTP/1.0 and asked for it.
  case keepAlive
  /// The same, with how long an idle connection stays open.
  case keepAliveTimeout(seconds: UInt16)
}

/// The head of an answer, before it is written.
package struct ResponseHead: Sendable {
  package var status: Status
  /// `none` writes no framing field, for answers that have no content by themselves (1xx, 204, 304), or whose
  /// end is the end of the connection.
  package var framing: BodyFraming
  /// What `Content-Type` says; nil writes none. Types without a name here are written
  /// among the handler's fields.
  package var mediaType: KnownMediaType?
  package var connection: ConnectionDirective

  package init(
    _ status: Status, framing: BodyFraming, mediaType: KnownMediaType? = nil,
    connection: ConnectionDirective = .implicit
  ) {
    self.status = status
    self.framing = framing
    self.mediaType = mediaType
    self.connection = connection
  }

  /// `contentLength` is nil for answers without content by themselves. It may be 0, and is then written.
  package init(
    _ status: Status, contentLength: UInt64?, mediaType: KnownMediaType? = nil,
    connection: ConnectionDirective = .implicit
  ) {
    self.init(
      status, framing: contentLength.map { .length($0) } ?? .none, mediaType: mediaType,
      connection: connection)
  }
}
