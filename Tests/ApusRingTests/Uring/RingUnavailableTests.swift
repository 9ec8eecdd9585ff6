import ApusRing
import Glibc
import Testing

@Suite struct RingUnavailableTests {
  @Test(arguments: [
    (RingUnavailable.Step.setup, ENOSYS, ["ENOSYS", "seccomp"]),
    (.setup, EPERM, ["kernel.io_uring_disabled", "seccomp"]),
    (.setup, EACCES, ["kernel.io_uring_disabled"]),
    (.setup, EINVAL, ["too old", "6.1"]),
    (.setup, ENOMEM, ["ulimit -l", "LimitMEMLOCK"]),
    (.buffers, ENOMEM, ["ulimit -l"]),
    (.fileTable, EMFILE, ["ulimit -n"]),
    (.setup, EMFILE, ["ulimit -n", "LimitNOFILE"]), (.selfTest, EMFILE, ["ulimit -n"]),
    (.setup, ENFILE, ["open files"]),
    (.selfTest, ETIMEDOUT, ["self-test", "6.1"]),
    (.buffers, EINVAL, ["buffers", "\(EINVAL)", "Invalid argument"]),
  ])
  func `each cause has a sentence that says what to do`(
    step: RingUnavailable.Step, errno: Int32, words: [String]
  ) {
    let sentence = RingUnavailable(step: step, errno: errno).description
    for word in words { #expect(sentence.contains(word), "\(sentence)") }
    #expect(sentence.hasSuffix("."))
  }

  @Test func `the self-test passes on this kernel`() throws {
    try KernelRing.selfTest()
  }
}
