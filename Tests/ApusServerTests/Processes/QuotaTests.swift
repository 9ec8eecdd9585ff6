import Apus
import ApusRing
import ApusTestSupport
import Testing

@Suite struct QuotaTests {
  /// A machine whose control group leaves the process half a processor, in files.
  @Test(
    .enabled(if: availableProcessors().count > 1, "there is one processor"),
    arguments: [Server.Cores.all, .count(2)])
  func `a server has as many cores as its control group leaves it the time of`(cores: Server.Cores) throws {
    let tree = TemporaryTree()
    for name in ["proc", "proc/self", "sys", "sys/app"] { tree.directory(name) }
    tree.file("proc/self/cgroup", "0::/app\n")
    tree.file("proc/self/mountinfo", "30 24 0:26 / /sys rw - cgroup2 cgroup2 rw\n")
    tree.file("sys/app/cpu.max", "50000 100000\n")
    try withServer(
      testRoutes(),
      {
        $0.cores = cores
        $0.systemRoot = tree.path
      }
    ) { server in
      #expect(server.coreCount == 1)
      let client = try WireClient(port: server.port)
      #expect(try client.get("/").text == "OK")
    }
  }
}
