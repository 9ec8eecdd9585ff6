// ProcessorQuota: how much processor time the kernel leaves this process, by the quotas of its control groups
// (cgroups(7)). What a container runtime calls `--cpus`, Kubernetes a limit and systemd CPUQuota= ends here.

/// A share of time, in processors.
package struct ProcessorQuota: Sendable, Equatable {
  /// 1.5 is one processor and half of another.
  package let processors: Double

  package init(processors: Double) { self.processors = processors }

  /// Threads that can use it, one at least.
  package var threads: Int { max(1, Int(min(processors.rounded(.up), 65_536))) }

  /// Groups above each other that are looked at, from the process's own up; the kernel allows
  /// more than anybody makes.
  private static let depthLimit = 64

  /// The least quota of the process's group and of all above it that can be seen, version 2 and version
  /// 1 (the kernel's admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst); nil where there is none, or
  /// no /proc or /sys to tell.
  ///
  /// - Parameter root: In front of /proc and of where the groups are mounted.
  package static func current(root: String = "") -> ProcessorQuota? {
    let groups = lines(root + "/proc/self/cgroup").compactMap(Membership.init)
    let mounts = lines(root + "/proc/self/mountinfo").compactMap(Mount.init)
    var least: Double?
    for mount in mounts {
      guard let group = groups.first(where: { $0.isUnified == mount.isUnified }) else { continue }
      for directory in mount.directories(of: group.path).prefix(depthLimit) {
        let quota =
          mount.isUnified ? unifiedQuota(root + directory) : separateQuota(root + directory)
        if let quota { least = min(least ?? quota, quota) }
      }
    }
    return least.map(ProcessorQuota.init(processors:))
  }

  /// `cpu.max`: microseconds of time and of the period that they are for; or `max`.
  private static func unifiedQuota(_ directory: String) -> Double? {
    let numbers = lines(directory + "/cpu.max").first?.split(separator: " ").map { Double($0) } ?? []
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1] else { return nil }
    return share(quota, period)
  }

  /// The same in two files, -1 for no quota.
  private static func separateQuota(_ directory: String) -> Double? {
    guard let quota = lines(directory + "/cpu.cfs_quota_us").first.flatMap({ Double($0) }),
      let period = lines(directory + "/cpu.cfs_period_us").first.flatMap({ Double($0) })
    else { return nil }
    return share(quota, period)
  }

  private static func share(_ quota: Double, _ period: Double) -> Double? {
    quota > 0 && period > 0 && quota.isFinite && period.isFinite ? quota / period : nil
  }

  /// None where the file cannot be read.
  private static func lines(_ path: String) -> [Substring] {
    guard let bytes = try? WholeFile.read(path) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  /// A line of /proc/self/cgroup that matters here: `0::/path`, or `5:cpu,cpuacct:/path`.
  private struct Membership {
    let isUnified: Bool
    let path: Substring

    init?(_ line: Substring) {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("cpu") else { return nil }
      path = parts[2]
    }
  }

  /// A line of /proc/self/mountinfo (proc(5)) with such groups: what of their tree is mounted, and where.
  private struct Mount {
    let isUnified: Bool
    private let top: Substring
    private let point: Substring

    init?(_ line: Substring) {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
      switch fields[dash + 1] {
      case "cgroup2": isUnified = true
      case "cgroup" where fields[dash + 3].split(separator: ",").contains("cpu"): isUnified = false
      default: return nil
      }
      top = fields[3]
      point = fields[4]
    }

    /// Where a group and all above it stand, as far as the mount shows them: from the
    /// group up to the mount point.
    func directories(of path: Substring) -> [String] {
      let base = top == "/" ? "" : top
      var names: ArraySlice<Substring> = []
      // A group outside of what is mounted (`/..` within a namespace, or another container's) is
      // seen as the mount's own.
      if path.hasPrefix(base), path.dropFirst(base.count).first ?? "/" == "/" {
        names = path.dropFirst(base.count).split(separator: "/")[...]
        if names.contains("..") { names = [] }
      }
      return (0...names.count).reversed().map {
        ([String(point)] + names.prefix($0).map(String.init)).joined(separator: "/")
      }
    }
  }
}
