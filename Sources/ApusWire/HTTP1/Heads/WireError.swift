// WireError: what a peer can get wrong, one case per cause, and the one table that maps causes to statuses.

/// Why a message is refused. The connection closes after the answer, except for ``unknownExpectation``.
package enum WireError: UInt8, Error, Equatable, Sendable, CaseIterable {
  // Start line.
  case tooManyEmptyLines
  case invalidMethod
  case methodTooLong
  case missingTarget
  case invalidTarget
  case targetFormNotAllowed
  case unsupportedScheme
  case invalidAuthority
  case malformedVersion
  case unsupportedVersion
  case requestLineTooLong
  // Of a response.
  case malformedStatusLine
  case invalidStatusCode
  case statusLineTooLong
  /// 101 to a request that asked for no other protocol, or not for that one.
  case unaskedProtocol
  case tooManyInterimResponses

  // Lines and field lines.
  case bareLineFeed
  case bareCarriageReturn
  case foldedLine
  case missingColon
  case emptyFieldName
  case invalidFieldName
  case spaceBeforeColon
  case invalidFieldValue
  case headTooLarge
  case tooManyFields

  // What the fields say.
  case missingHost
  case duplicateHost
  case invalidHost
  case invalidContentLength
  case duplicateContentLength
  case lengthWithTransferEncoding
  case invalidTransferEncoding
  case transferEncodingInHTTP10
  case unsupportedTransferCoding
  case unknownExpectation

  // Body.
  case invalidChunkSize
  case chunkSizeOverflow
  case invalidChunkExtension
  case chunkLineTooLong
  case tooMuchChunkOverhead
  case missingChunkEnd
  case invalidTrailer
  case trailersTooLarge
  case contentTooLarge

  /// The status that answers it.
  package var status: Status {
    switch self {
    case .requestLineTooLong: .uriTooLong
    case .headTooLarge, .tooManyFields, .trailersTooLarge: .requestHeaderFieldsTooLarge
    case .contentTooLarge: .contentTooLarge
    case .unknownExpectation: .expectationFailed
    case .unsupportedTransferCoding: .notImplemented
    case .unsupportedVersion: .httpVersionNotSupported
    default: .badRequest
    }
  }

  /// Whether the byte stream can no longer be trusted, so that nothing after this message may be read.
  package var closes: Bool { self != .unknownExpectation }

  /// One sentence for the answer's body and the log; never text of the peer's.
  package var explanation: String {
    switch self {
    case .tooManyEmptyLines: "more than two empty lines before the request line"
    case .invalidMethod: "the method is not a token"
    case .methodTooLong: "the method is longer than any known one"
    case .missingTarget: "the request line has no target"
    case .invalidTarget: "a byte in the request target is not allowed there"
    case .targetFormNotAllowed: "this form of target does not go with this method"
    case .unsupportedScheme: "the target's scheme is neither http nor https"
    case .invalidAuthority: "the target's authority is malformed"
    case .malformedVersion: "the request line does not end in HTTP/ and a version"
    case .unsupportedVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
    case .requestLineTooLong: "the request line is too long"
    case .malformedStatusLine: "the status line is malformed"
    case .invalidStatusCode: "the status code is not in 100 to 999"
    case .statusLineTooLong: "the status line is too long"
    case .unaskedProtocol: "the server switched to a protocol that nobody asked for"
    case .tooManyInterimResponses: "more interim responses came than anybody needs, and no answer"
    case .bareLineFeed: "a line ends in LF without CR"
    case .bareCarriageReturn: "a CR is not followed by LF"
    case .foldedLine: "a field line starts with white space"
    case .missingColon: "a field line has no colon"
    case .emptyFieldName: "a field line has no name"
    case .invalidFieldName: "a byte in a field name is not allowed there"
    case .spaceBeforeColon: "white space stands between a field name and its colon"
    case .invalidFieldValue: "a control byte stands in a field value"
    case .headTooLarge: "the header section is too large"
    case .tooManyFields: "the header section has too many fields"
    case .missingHost: "the Host field is missing"
    case .duplicateHost: "the Host field occurs more than once"
    case .invalidHost: "the Host field is malformed"
    case .invalidContentLength: "Content-Length is not a plain decimal number"
    case .duplicateContentLength: "Content-Length occurs more than once"
    case .lengthWithTransferEncoding: "Content-Length and Transfer-Encoding occur together"
    case .invalidTransferEncoding: "Transfer-Encoding is malformed or does not end in chunked"
    case .transferEncodingInHTTP10: "Transfer-Encoding occurs in an HTTP/1.0 message"
    case .unsupportedTransferCoding: "only the chunked transfer coding is understood"
    case .unknownExpectation: "only 100-continue can be expected"
    case .invalidChunkSize: "a chunk size is not a hexadecimal number"
    case .chunkSizeOverflow: "a chunk size is too large"
    case .invalidChunkExtension: "a chunk extension is malformed"
    case .chunkLineTooLong: "a chunk's first line is too long"
    case .tooMuchChunkOverhead: "the chunks carry far more framing than content"
    case .missingChunkEnd: "chunk data is not followed by CRLF"
    case .invalidTrailer: "a trailer field is malformed"
    case .trailersTooLarge: "the trailer section is too large"
    case .contentTooLarge: "the content is too large"
    }
  }
}
