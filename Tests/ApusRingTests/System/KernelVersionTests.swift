import ApusRing
import Testing

@Suite struct KernelVersionTests {
  @Test(arguments: [
    ("6.1.0-18-amd64", KernelVersion(6, 1, 0)), ("6.18.3", KernelVersion(6, 18, 3)),
    ("5.15.153.1-microsoft-standard-WSL2", KernelVersion(5, 15, 153)), ("6.9-rc1", KernelVersion(6, 9, 1)),
    ("6.12", KernelVersion(6, 12)), ("", KernelVersion(0, 0)), ("unknown", KernelVersion(0, 0)),
  ])
  func `the leading numbers of a release are its version`(release: String, version: KernelVersion) {
    #expect(KernelVersion(release: release) == version)
  }

  @Test func `versions are ordered by their numbers, not their digits`() {
    #expect(KernelVersion(6, 9) < KernelVersion(6, 13))
    #expect(KernelVersion(6, 6, 9) < KernelVersion(6, 6, 17))
    #expect(KernelVersion(5, 19) < KernelVersion(6, 0))
  }

  @Test func `multishot accept is avoided exactly where it is broken`() {
    for fine in [
      KernelVersion(6, 1, 50), KernelVersion(6, 2, 16), KernelVersion(6, 6, 17), KernelVersion(6, 7, 6),
      KernelVersion(6, 18),
    ] { #expect(!fine.hasBrokenMultishotAccept, "\(fine)") }
    for broken in [
      KernelVersion(6, 3), KernelVersion(6, 5, 9), KernelVersion(6, 6, 16), KernelVersion(6, 7, 5),
    ] {
      #expect(broken.hasBrokenMultishotAccept, "\(broken)")
    }
  }

  @Test func `the running kernel is one that Apus claims`() {
    #expect(KernelVersion.running >= KernelVersion(6, 1))
  }
}
