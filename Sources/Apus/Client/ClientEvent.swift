// ClientEvent: what happens to requests besides their responses, and to connections, for tracing.

public import ApusEngine

/// Something that happened to a request, or to a connection.
public struct ClientEvent: Sendable {
  /// The kinds of events.
  public enum Kind: Sendable, Equatable {
    /// The request waits in line for a connection.
    case queued
    /// It goes over a connection that is so old and had been idle for so long.
    case reused(age: Duration, idle: Duration)
    /// A connection was opened for it, in this time, the look-up of the name included.
    case connected(Duration)
    /// It is made again, for this reason.
    case retried(RetryCause)
    /// A redirect is followed to this URL.
    case redirected(String)
    /// A connection, by its number, was closed: why, how many requests it had carried, and how old it was.
    case closed(connection: UInt64, ConnectionEnding, uses: UInt32, age: Duration)
  }

  /// Why a request was made again.
  public enum RetryCause: Sendable, Equatable {
    /// Its connection had ended before a byte of it left.
    case nothingSent
    /// Its connection ended without a byte of a response, and its method is idempotent.
    case idempotent
  }

  /// The kind of this event.
  public let kind: Kind
  /// The request's URL; empty where it is not about one request.
  public let url: String
}
