import ApusRing
import Testing

@Suite struct SharedBytesTests {
  private struct Refused: Error {}

  @Test func `a copy holds the bytes it was made from`() {
    let source: [UInt8] = [1, 2, 3, 250]
    let shared = SharedBytes(source.span)
    #expect(shared.count == 4)
    #expect(shared.region.count == 4)
    for index in 0..<4 { #expect(shared.span[index] == source[index]) }
  }

  @Test func `the count is what the closure appended, not the capacity`() {
    let shared = SharedBytes(capacity: 16) { output in
      output.append(7)
      output.append(9)
    }
    #expect(shared.count == 2)
    #expect(shared.span[1] == 9)
  }

  @Test func `nothing is a legal content`() {
    let nothing: [UInt8] = []
    let shared = SharedBytes(nothing.span)
    #expect(shared.count == 0)
  }

  @Test func `what the closure throws is thrown`() {
    #expect(throws: Refused.self) {
      _ = try SharedBytes(capacity: 4) { output throws(Refused) in
        output.append(1)
        throw Refused()
      }
    }
  }
}
