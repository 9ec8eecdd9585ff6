// Reading streamed answers, strictly: a chunk that is malformed, or an end that is missing, is an error.

struct StreamedAnswer {
  var head: String
  var body: [UInt8] = []
  var chunks = 0
  var trailers: [String] = []
}

extension WireClient {
  /// Receives until `pending` holds the text; what follows stays.
  func take(through text: String) throws -> String {
    let end = Array(text.utf8)
    var searched = 0
    while true {
      var index = searched
      while index + end.count <= pending.count {
        if pending[index] == end[0], pending[index..<index + end.count].elementsEqual(end) {
          let bytes = pending[..<(index + end.count)]
          drop(bytes.count)
          return String(decoding: bytes, as: UTF8.self)
        }
        index += 1
      }
      searched = max(0, pending.count - end.count + 1)
      guard try receive() else { throw Failure.ended(reset: state == .reset, after: pending) }
    }
  }

  func take(_ count: Int) throws -> [UInt8] {
    while pending.count < count {
      guard try receive() else { throw Failure.ended(reset: state == .reset, after: pending) }
    }
    let bytes = Array(pending[..<count])
    drop(count)
    return bytes
  }

  /// A chunked answer to its end.
  func chunkedAnswer() throws -> StreamedAnswer {
    var answer = StreamedAnswer(head: try take(through: "\r\n\r\n"))
    guard answer.head.contains("Transfer-Encoding: chunked\r\n") else {
      throw Failure.malformed("not chunked: \(answer.head)")
    }
    while true {
      let line = try take(through: "\r\n").dropLast(1)
      guard let size = Int(line, radix: 16) else { throw Failure.malformed("chunk size \(line)") }
      if size == 0 { break }
      answer.body += try take(size)
      answer.chunks += 1
      guard try take(2) == [13, 10] else { throw Failure.malformed("no CRLF behind a chunk") }
    }
    while true {
      let line = try take(through: "\r\n").dropLast(1)
      if line.isEmpty { return answer }
      answer.trailers.append(String(line))
    }
  }
}

/// A body in chunks of this size.
func chunked(_ body: [UInt8], by size: Int, trailers: String = "") -> [UInt8] {
  var coded: [UInt8] = []
  var offset = 0
  while offset < body.count {
    let count = min(size, body.count - offset)
    coded += Array("\(String(count, radix: 16))\r\n".utf8) + body[offset..<offset + count] + [13, 10]
    offset += count
  }
  return coded + Array("0\r\n\(trailers)\r\n".utf8)
}
