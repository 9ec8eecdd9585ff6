import ApusRing
import Glibc
import Testing

@Suite struct DiagnosticStreamTests {
  /// A pipe that is read when a test says so.
  private struct Pipe: ~Copyable {
    let reader: Int32
    let writer: Int32

    init() {
      var ends: [Int32] = [0, 0]
      precondition(pipe(&ends) == 0, "no pipe: errno \(errno)")
      (reader, writer) = (ends[0], ends[1])
      precondition(fcntl(reader, F_SETFL, O_NONBLOCK) == 0, "fcntl: errno \(errno)")
    }

    deinit {
      close(reader)
      close(writer)
    }

    /// What lies in it.
    func contents() -> String {
      var bytes: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(reader, &piece, piece.count)
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += piece[..<count]
      }
    }
  }

  /// Thrice what a pipe holds.
  private let lines = (0..<3000).map { "\($0) " + String(repeating: "x", count: 64) + "\n" }

  @Test
  func `a pipe that nobody empties holds nobody up, and what it had no room for is counted in the next line`()
  {
    let pipe = Pipe()
    let stream = DiagnosticStream(descriptor: pipe.writer)
    for line in lines { stream.write(line) }
    let taken = pipe.contents()
    let count = taken.count { $0 == "\n" }
    #expect(taken == lines[..<count].joined() && count < lines.count)
    stream.write("next\n")
    #expect(
      pipe.contents() == "(\(lines.count - count) lines left out here: nobody read what was said)\nnext\n")
    stream.write("last\n")
    #expect(pipe.contents() == "last\n")
  }

  @Test func `a line that finds room for its beginning only is ended before the next`() {
    let pipe = Pipe()
    let stream = DiagnosticStream(descriptor: pipe.writer)
    let long = String(repeating: "x", count: 100_000) + "\n"
    stream.write(long)
    let taken = pipe.contents()
    #expect(long.hasPrefix(taken) && !taken.hasSuffix("\n"))
    stream.write("next\n")
    #expect(pipe.contents() == "\n(1 lines left out here: nobody read what was said)\nnext\n")
  }
}
