// Upload: a body of any size, looked at as it comes. Nothing is received that was not asked for: however
// large the upload and however slow the handler, a connection holds no more than a quarter of a MiB.

public import Apus

/// `POST /upload` answers with the number of bytes and their checksum; `POST /echo`
/// sends them back as they come.
public func upload() -> Router {
  var router = Router()
  router.on(.post, "/upload") { _, body, sender in
    var checksum = Adler32()
    var count = 0
    while let chunk = try await body.read() {
      count += chunk.count
      checksum.add(chunk.bytes)
    }
    let (total, sum) = (count, checksum.value)
    sender.send(
      try .json { json in
        json.member("bytes", total)
        json.member("adler32", sum)
      })
  }
  router.on(.post, "/echo") { _, body, sender in
    var writer = try sender.start(length: body.expectedCount)
    while let chunk = try await body.read() { try await writer.write(chunk) }
    try writer.finish()
  }
  return router
}

/// RFC 1950 section 8.
struct Adler32 {
  private var a: UInt32 = 1
  private var b: UInt32 = 0

  var value: Int { Int(b << 16 | a) }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in bytes.indices {
      a = (a + UInt32(bytes[index])) % 65_521
      b = (b + a) % 65_521
    }
  }
}
