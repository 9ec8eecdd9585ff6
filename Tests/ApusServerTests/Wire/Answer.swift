// Answer: a response as a client reads it. Written from RFC 9112 alone, strict where a lenient
// reader would hide a fault.

/// One response with its content.
struct Answer {
  var version = ""
  var status = 0
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of a field that occurs once; nil if it does not occur.
  subscript(name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    precondition(values.count < 2, "\(name) more than once")
    return values.first
  }

  var saysClose: Bool { self["Connection"] == "close" }

  /// The first answer of `bytes` and how many bytes it takes; nil if it is not whole. The server knows every
  /// length in advance, so an answer without Content-Length that may have content is malformed here.
  static func parse(_ bytes: some RandomAccessCollection<UInt8>, toHead: Bool) throws -> (Answer, Int)? {
    guard let headEnd = endOfHead(bytes) else {
      if bytes.count >= 5, !bytes.prefix(5).elementsEqual("HTTP/".utf8) {
        throw WireClient.Failure.malformed(
          "no status line: \(String(decoding: bytes.prefix(60), as: UTF8.self))")
      }
      return nil
    }
    var answer = Answer()
    let lines = String(decoding: bytes.prefix(headEnd - 4), as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    try answer.readStatusLine(lines[0])
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), line[line.index(after: colon)...].hasPrefix(" ") else {
        throw WireClient.Failure.malformed("no field line: \(line)")
      }
      answer.fields.append((String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...])))
    }
    let hasContent = !toHead && answer.status >= 200 && answer.status != 204 && answer.status != 304
    guard hasContent else { return (answer, headEnd) }
    guard answer["Transfer-Encoding"] == nil, let text = answer["Content-Length"], let length = Int(text)
    else {
      throw WireClient.Failure.malformed("no length in \(lines)")
    }
    guard bytes.count - headEnd >= length else { return nil }
    answer.body = Array(bytes.dropFirst(headEnd).prefix(length))
    return (answer, headEnd + length)
  }

  private mutating func readStatusLine(_ line: Substring) throws {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "HTTP/1.1", parts[1].count == 3, let code = Int(parts[1]), code >= 100
    else {
      throw WireClient.Failure.malformed("no status line: \(line)")
    }
    version = String(parts[0])
    status = code
  }

  /// Where the content begins, behind the first empty line.
  private static func endOfHead(_ bytes: some RandomAccessCollection<UInt8>) -> Int? {
    var matched = 0
    let end: [UInt8] = [13, 10, 13, 10]
    var count = 0
    for byte in bytes {
      count += 1
      matched = byte == end[matched] ? matched + 1 : (byte == 13 ? 1 : 0)
      if matched == 4 { return count }
    }
    return nil
  }
}
