// ApusMicro: loops over single functions of the wire layer.
//
//   ApusMicro                        all of them, nanoseconds per operation, best of 300 short rounds
//   ApusMicro parser 100000          one of them, so many times, without a clock: for callgrind
//
// Without Swift concurrency, which valgrind 3.19 does not survive.

import ApusWire
import Glibc

func nanoseconds() -> UInt64 {
  var time = timespec()
  // Safety: the kernel fills `time`, which lives on this stack.
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A loop over one operation; what it returns depends on every round, so that nothing is optimised away.
struct Loop {
  let name: String
  let run: (_ iterations: Int) -> Int

  /// Nanoseconds per operation in the best of 300 short rounds, and the sum of what they returned.
  func measure() -> (nanoseconds: Double, sum: Int) {
    let iterations = 2000
    var best = UInt64.max
    var sum = 0
    for _ in 0..<300 {
      let start = nanoseconds()
      sum &+= run(iterations)
      best = min(best, nanoseconds() - start)
    }
    return (Double(best) / Double(iterations), sum)
  }
}

func parserLoop(_ name: String, _ request: String) -> Loop {
  Loop(name: "parser \(name) (\(request.utf8.count) bytes)") { iterations in
    let bytes = Array(request.utf8)
    var parser = RequestParser()
    var head = RequestHead()
    var fields = FieldTable(capacity: parser.limits.fieldCount)
    var sum = 0
    for _ in 0..<iterations {
      let outcome = parser.parse(bytes.span, into: &head, fields: &fields)
      precondition(outcome == .complete)
      sum &+= head.byteCount &+ fields.count
    }
    return sum
  }
}

func scannerLoop(_ name: String, _ request: String) -> Loop {
  Loop(name: "scanner \(name), in pieces of 16 bytes") { iterations in
    let bytes = Array(request.utf8)
    let limits = HeadLimits()
    var sum = 0
    for _ in 0..<iterations {
      var scanner = HeadScanner()
      var count = 0
      while count < bytes.count {
        count = min(bytes.count, count + 16)
        if case .complete(let end) = scanner.scan(bytes.span.extracting(0..<count), limits: limits) {
          sum &+= end
        }
      }
    }
    return sum
  }
}

func writerLoop(_ name: String, _ head: ResponseHead, extra: [ResponseField] = []) -> Loop {
  Loop(name: "writer \(name)") { iterations in
    var writer = HeadWriter(serverName: nil)
    writer.setDate(unixSeconds: 1_700_000_000)
    var output: [UInt8] = []
    output.reserveCapacity(4096)
    var sum = 0
    for _ in 0..<iterations {
      output.removeAll(keepingCapacity: true)
      output.append(addingCapacity: 1024) { (span: inout OutputSpan<UInt8>) in
        writer.write(head, extra: extra, encoded: Span(), into: &span)
      }
      sum &+= output.count
    }
    return sum
  }
}

func normaliseLoop(_ name: String, _ path: String) -> Loop {
  Loop(name: "normalise \(name)") { iterations in
    let raw = Array(path.utf8)
    var output: [UInt8] = []
    output.reserveCapacity(1024)
    var sum = 0
    for _ in 0..<iterations {
      output.removeAll(keepingCapacity: true)
      output.append(addingCapacity: raw.count) { (span: inout OutputSpan<UInt8>) in
        if TargetPath.normalise(raw.span, into: &span) != nil { sum &+= 1 }
      }
      sum &+= output.count
    }
    return sum
  }
}

func chunkedLoop(_ name: String, chunks: Int, of size: Int) -> Loop {
  Loop(name: "chunked \(name)") { iterations in
    let chunk =
      Array("\(String(size, radix: 16))\r\n".utf8) + [UInt8](repeating: 0x78, count: size) + [13, 10]
    let body = Array((0..<chunks).map { _ in chunk }.joined()) + Array("0\r\n\r\n".utf8)
    var sum = 0
    for _ in 0..<iterations {
      var decoder = BodyDecoder(.chunked)
      var offset = 0
      while case .data(let range) = decoder.decode(body.span, from: offset) {
        sum &+= range.count
        offset = range.upperBound
      }
    }
    return sum
  }
}

let small = "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"
let browser = """
  GET /assets/img/header-photo-2x.webp?v=20240305 HTTP/1.1\r
  Host: www.example.com\r
  User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0\r
  Accept: image/avif,image/webp,*/*\r
  Accept-Language: en-US,en;q=0.5\r
  Accept-Encoding: gzip, deflate, br, zstd\r
  Connection: keep-alive\r
  If-None-Match: "17a3"\r
  \r\n
  """

let loops = [
  parserLoop("small", small),
  parserLoop("browser", browser),
  scannerLoop("browser", browser),
  writerLoop("200", ResponseHead(.ok, contentLength: 13, mediaType: .text)),
  writerLoop("404", ResponseHead(.notFound, contentLength: 0, connection: .close)),
  writerLoop(
    "200 with three fields", ResponseHead(.ok, contentLength: 13, mediaType: .html),
    extra: [
      ResponseField("Cache-Control", "max-age=3600"), ResponseField("ETag", "\"17a3\""),
      ResponseField("Vary", "Accept"),
    ]),
  normaliseLoop("dots and escapes", "/a/./b/../caf%C3%A9//index.html"),
  chunkedLoop("16 chunks of 64 bytes", chunks: 16, of: 64),
]

var checksum = 0
if CommandLine.arguments.count == 3, let iterations = Int(CommandLine.arguments[2]) {
  let chosen = loops.filter { $0.name.hasPrefix(CommandLine.arguments[1]) }
  precondition(!chosen.isEmpty, "no loop is called \(CommandLine.arguments[1])")
  for loop in chosen { checksum &+= loop.run(iterations) }
} else if CommandLine.arguments.count == 1 {
  for loop in loops {
    let (nanoseconds, sum) = loop.measure()
    let tenths = Int((nanoseconds * 10).rounded())
    print("\(loop.name): \(tenths / 10).\(tenths % 10) ns")
    checksum &+= sum
  }
} else {
  print("usage: ApusMicro [parser|scanner|writer|normalise|chunked ITERATIONS]")
}
print("checksum \(checksum)")
