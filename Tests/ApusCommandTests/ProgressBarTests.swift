import ApusCommand
import Testing

@Suite struct ProgressBarTests {
  @Test func `a bar says how far a download is, and without a length how much has come`() {
    #expect(
      ProgressBar.line(512, of: 1024, after: .seconds(1))
        == "[===============               ]  512 B of 1.0 KiB, 512 B/s")
    #expect(ProgressBar.line(2048, of: nil, after: .seconds(2)) == "2.0 KiB, 1.0 KiB/s")
    #expect(ProgressBar.line(1, of: 0, after: .zero).hasPrefix("1 B, "))
  }
}
