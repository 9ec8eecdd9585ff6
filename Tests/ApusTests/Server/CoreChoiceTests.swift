import Apus
import ApusRing
import Testing

@Suite struct CoreChoiceTests {
  private func choice(_ wanted: Server.Cores, _ available: [Int], _ quota: Double? = nil) -> CoreChoice {
    CoreChoice(wanted, available: available, quota: quota.map(ProcessorQuota.init(processors:)))
  }

  @Test func `the least of affinity, quota and what is asked for is the number of cores`() {
    let eight = Array(0..<8)
    for (wanted, quota, count) in [
      (Server.Cores.all, nil, 8), (.all, 1.5, 2), (.all, 0.2, 1), (.all, 64, 8), (.count(3), nil, 3),
      (.count(3), 1.5, 2), (.count(1), 1.5, 1), (.count(30), nil, 8), (.count(30), 4, 4), (.count(0), nil, 1),
    ] as [(Server.Cores, Double?, Int)] {
      #expect(choice(wanted, eight, quota).processors.count == count, "\(wanted) \(quota as Any)")
    }
  }

  @Test func `cores have processors of their own, unless a quota leaves a share of more`() {
    #expect(choice(.all, [2, 5]).processors == [2, 5])
    #expect(choice(.count(1), [2, 5]).processors == [2])
    #expect(choice(.all, [2, 5], 2).processors == [2, 5])
    #expect(choice(.all, [2, 5, 7], 1.5).processors == [nil, nil])
    #expect(choice(.count(1), [2, 5, 7], 1.5).processors == [nil])
  }

  @Test func `the reason names what decided`() {
    #expect(choice(.all, [0, 1]).reason == "all 2 processors of this process")
    #expect(choice(.all, [0, 1], 0.25).reason == "the control group's quota of 0.25 processors")
    #expect(choice(.count(1), [0, 1], 1.5).reason == "as asked")
    #expect(
      choice(.count(4), [0, 1, 2], 1.5).reason
        == "4 asked for, but no more than the control group's quota of 1.5 processors")
  }
}
