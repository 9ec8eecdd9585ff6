import ApusEngine
import Testing

@Suite struct EventBoundaryTests {
  private static let texts: [(text: String, first: Int?, isReached: Bool)] = [
    ("", nil, true), ("data: 1", nil, false), ("data: 1\n", nil, false), ("data: 1\r\n", nil, false),
    ("data: 1\n\n", 9, true), ("data: 1\r\r", 9, true), ("data: 1\r\n\r\n", 11, true),
    ("data: 1\n\r\n", 10, true),
    ("data: 1\r\n\n", 10, true), ("data: 1\n\ndata: 2", 9, false), ("data: 1\n\ndata: 2\n\n", 9, true),
    ("data: 1\r\n\r\ndata: 2\r\n", 11, false), ("\n", 1, true), (": a\n\n\n", 5, true),
  ]

  @Test(arguments: texts)
  func `an event ends with a blank line, however its line ends look`(
    text: String, first: Int?, isReached: Bool
  ) {
    var boundary = EventBoundary()
    let bytes = Array(text.utf8)
    #expect(boundary.pass(bytes.span) == first)
    #expect(boundary.isReached == isReached)
  }

  @Test(arguments: texts)
  func `where bytes are cut makes no difference to where a stream stands`(
    text: String, first: Int?, isReached: Bool
  ) {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var boundary = EventBoundary()
      _ = boundary.pass(bytes.span.extracting(0..<cut))
      _ = boundary.pass(bytes.span.extracting(cut..<bytes.count))
      #expect(boundary.isReached == isReached, "\(text.debugDescription) at \(cut)")
    }
  }
}
