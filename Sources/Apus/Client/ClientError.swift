// ClientError: why a request came to nothing.

import ApusEngine
import ApusRing
import ApusWire

/// The errors that a client throws. An error of the caller's own closure is thrown as it is.
public enum ClientError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The phase whose time was over.
  public enum Phase: String, Sendable {
    case poolWait = "waiting for a connection"
    case connect = "connecting"
    case head = "waiting for the response"
    case body = "reading the response"
    case total = "the whole request"
  }

  /// No request can be made to this text as a URL. The value says why.
  case invalidURL(String)
  /// The request's method is no token.
  case invalidMethod(String)
  /// The value that was given for this field would break its line; so would the field's name, if it is empty
  /// here.
  case invalidField(String)
  /// The client has no security to speak https with.
  case unsupportedScheme
  /// TLS failed: the server is not believed, or does not speak as it should. The value says why, and what can
  /// be done.
  case tlsFailed(String)
  /// All connections that are allowed are in use, and so are all places in line.
  case poolFull
  case timedOut(Phase)
  /// The host has no address: the system's own words.
  case nameNotResolved(String)
  /// The server cannot be connected to: the system's own words.
  case connectFailed(String)
  /// The connection ended before the response was whole.
  case connectionLost
  /// The server's bytes are no HTTP response. The value says why.
  case malformedResponse(String)
  /// The server switched to a protocol (101) that the request did not offer.
  case protocolNotAskedFor
  /// The server sent more interim responses (1xx) than `Client.Configuration` allows, and no answer.
  case tooManyInterimResponses
  /// The response's content is not in the coding that its head names: why.
  case malformedContent(String)
  /// More than `collect(upTo:)` allows.
  case bodyTooLarge
  /// More redirects than allowed.
  case tooManyRedirects
  /// The request's body can be sent once only, and would have to be sent again.
  case bodyNotReplayable
  /// The body's producer ended before all of the announced length was written.
  case bodyTooShort(missing: UInt64)
  /// The body's producer wrote more than the announced length.
  case bodyTooLong(excess: UInt64)
  /// The proxy does not connect to the server. The value says why.
  case tunnelRefused(String)
  /// The proxy that the request would go by way of cannot be used: why.
  case proxyUnusable(String)
  /// io_uring cannot be had: why, and what to do.
  case ringUnavailable(String)
  /// The client or its core ends.
  case shutDown

  /// One sentence.
  public var description: String {
    switch self {
    case .invalidURL(let why): "this is no URL that a request can be made to: \(why)"
    case .invalidMethod(let method): "\"\(method)\" is no method to make a request with"
    case .invalidField(let name):
      name.isEmpty
        ? "a header field's name is no token" : "what is given for \(name) cannot stand in a header field"
    case .unsupportedScheme:
      "https is not spoken: set Client.Configuration.security, with ApusTLS to .system()"
    case .tlsFailed(let why): "TLS with the server failed: \(why)"
    case .poolFull: "all connections are in use, and the line is full"
    case .timedOut(let phase): "the time for \(phase.rawValue) was over"
    case .nameNotResolved(let why): "the host has no address: \(why)"
    case .connectFailed(let why): "the connection cannot be opened: \(why)"
    case .connectionLost: "the connection ended before the response was whole"
    case .malformedResponse(let why): "what came is no HTTP response: \(why)"
    case .protocolNotAskedFor: "the server switched to a protocol that the request did not offer"
    case .tooManyInterimResponses: "the server sent more interim responses than allowed, and no answer"
    case .malformedContent(let why): "the response's content cannot be decoded: \(why)"
    case .bodyTooLarge: "the response's content is larger than allowed"
    case .tooManyRedirects: "there are more redirects than allowed"
    case .bodyNotReplayable: "the request's body would have to be sent again, and cannot"
    case .bodyTooShort(let missing): "the request's body ended \(missing) bytes before its announced length"
    case .bodyTooLong(let excess): "the request's body goes \(excess) bytes beyond its announced length"
    case .ringUnavailable(let why), .proxyUnusable(let why), .tunnelRefused(let why): why
    case .shutDown: "the client has been shut down"
    }
  }

  init(_ failure: ClientFailure) {
    self =
      switch failure {
      case .poolFull: .poolFull
      case .timedOut(.poolWait): .timedOut(.poolWait)
      case .timedOut(.connect): .timedOut(.connect)
      case .timedOut(.head): .timedOut(.head)
      case .timedOut(.body): .timedOut(.body)
      case .timedOut(.total): .timedOut(.total)
      case .nameNotResolved(let why): .nameNotResolved(why)
      case .connectFailed(let errno): .connectFailed(Errno.text(errno))
      case .connectionClosed, .connectionFailed, .bodyFailed: .connectionLost
      case .secure(let failure) where failure.reason == .tunnelRefused: .tunnelRefused(failure.explanation)
      case .secure(let failure): .tlsFailed(failure.explanation)
      case .malformed(.unaskedProtocol): .protocolNotAskedFor
      case .malformed(.tooManyInterimResponses): .tooManyInterimResponses
      case .malformed(let error): .malformedResponse(error.explanation)
      case .shutDown, .cancelled: .shutDown
      }
  }

  init(_ fault: HTTPURL.Fault) {
    self = .invalidURL(fault.explanation)
  }
}
