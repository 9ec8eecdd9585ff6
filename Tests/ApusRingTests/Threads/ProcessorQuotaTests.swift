import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Control groups as files under a root of the test's own.
@Suite struct ProcessorQuotaTests {
  private let tree = TemporaryTree()

  init() { directory("proc/self") }

  private func directory(_ path: String) {
    var made = ""
    for name in path.split(separator: "/") {
      made += (made.isEmpty ? "" : "/") + name
      if access(tree.absolute(made), F_OK) != 0 { tree.directory(made) }
    }
  }

  private func groups(_ memberships: String, mounts: String) {
    tree.file("proc/self/cgroup", memberships)
    tree.file("proc/self/mountinfo", mounts)
  }

  private func set(_ files: [String: String], in group: String) {
    directory(group)
    for (name, text) in files { tree.file("\(group)/\(name)", text + "\n") }
  }

  private var quota: Double? { ProcessorQuota.current(root: tree.path)?.processors }

  private static let unified =
    "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
  private static let separate =
    "33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

  @Test func `without proc and sys there is no quota`() {
    #expect(ProcessorQuota.current(root: tree.absolute("nowhere")) == nil)
    #expect(quota == nil)
  }

  @Test func `the least quota on the way up holds`() {
    groups("0::/pods.slice/pod.slice/app.scope\n", mounts: Self.unified)
    set(["cpu.max": "max 100000"], in: "sys/fs/cgroup/pods.slice/pod.slice/app.scope")
    #expect(quota == nil)
    set(["cpu.max": "150000 100000"], in: "sys/fs/cgroup/pods.slice/pod.slice")
    #expect(quota == 1.5)
    set(["cpu.max": "400000 100000"], in: "sys/fs/cgroup/pods.slice")
    #expect(quota == 1.5)
    set(["cpu.max": "5000 10000"], in: "sys/fs/cgroup/pods.slice")
    #expect(quota == 0.5)
  }

  @Test func `a group of another branch says nothing`() {
    groups("0::/a\n", mounts: Self.unified)
    set(["cpu.max": "50000 100000"], in: "sys/fs/cgroup/a/below")
    set(["cpu.max": "50000 100000"], in: "sys/fs/cgroup/b")
    set(["cpu.max": "300000 100000"], in: "sys/fs/cgroup/a")
    #expect(quota == 3)
  }

  @Test func `version 1 has two files, and minus one for no quota`() {
    groups("9:name=systemd:/x\n4:memory:/x\n3:cpu,cpuacct:/docker/abc\n", mounts: Self.separate)
    let group = "sys/fs/cgroup/cpu,cpuacct/docker/abc"
    set(["cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"], in: group)
    #expect(quota == nil)
    set(["cpu.cfs_quota_us": "250000", "cpu.cfs_period_us": "100000"], in: group)
    #expect(quota == 2.5)
    set(
      ["cpu.cfs_quota_us": "100000", "cpu.cfs_period_us": "100000"], in: "sys/fs/cgroup/cpu,cpuacct/docker")
    #expect(quota == 1)
  }

  /// A container without a namespace of its own for groups: its path is the host's, and what is
  /// mounted is its own part.
  @Test func `a mount that shows a part of the tree shows the group at its top`() {
    groups(
      "3:cpu,cpuacct:/docker/abc\n",
      mounts: Self.separate.replacing("0:29 / ", with: "0:29 /docker/abc "))
    set(["cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000"], in: "sys/fs/cgroup/cpu,cpuacct")
    #expect(quota == 2)
  }

  @Test(arguments: ["0::/\n", "0::/..\n", "0::/../../other\n", "0::/not/there\n"])
  func `a group that cannot be seen leaves what is above it`(memberships: String) {
    groups(memberships, mounts: Self.unified)
    set(["cpu.max": "200000 100000"], in: "sys/fs/cgroup")
    #expect(quota == 2)
  }

  @Test func `both versions hold where both are mounted`() {
    groups(
      "3:cpu,cpuacct:/\n0::/u\n",
      mounts: Self.unified.replacing("/sys/fs/cgroup ", with: "/sys/u ") + Self.separate)
    set(["cpu.cfs_quota_us": "300000", "cpu.cfs_period_us": "100000"], in: "sys/fs/cgroup/cpu,cpuacct")
    set(["cpu.max": "700000 100000"], in: "sys/u/u")
    #expect(quota == 3)
    set(["cpu.max": "100000 100000"], in: "sys/u/u")
    #expect(quota == 1)
  }

  @Test(arguments: ["", "\n", "max", "100000", "x y", "0 100000", "100000 0", "-1 100000", "nan 1", "inf 1"])
  func `a text that is no quota means none`(text: String) {
    groups("0::/\n", mounts: Self.unified)
    set(["cpu.max": text], in: "sys/fs/cgroup")
    #expect(quota == nil)
  }

  @Test(arguments: [(0.01, 1), (1, 1), (1.01, 2), (1.5, 2), (2, 2), (1e30, 65_536)])
  func `a part of a processor is a thread`(processors: Double, threads: Int) {
    #expect(ProcessorQuota(processors: processors).threads == threads)
  }
}
