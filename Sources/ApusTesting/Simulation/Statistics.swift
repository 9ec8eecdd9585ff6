// Statistics: what a simulated kernel did, counted.

extension SimulatedKernel {
  package struct Statistics: Equatable, Sendable {
    package init() {}

    /// Calls of `submitAndWait`.
    package var systemCalls = 0
    package var submissions = 0
    package var completions = 0
    package var accepted = 0
    /// Connections that found the slot table full, or the listener closed over them.
    package var lost = 0
    package var refused = 0
    /// Sends that completed.
    package var sends = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    package var cancels = 0
    package var closes = 0
    /// Closes that the peer saw as RST: on purpose, or because input was unread.
    package var resetCloses = 0
    /// How often each fault struck, by `Fault.rawValue`.
    package var faults = [Int](repeating: 0, count: Fault.allCases.count)

    package subscript(fault: Fault) -> Int { faults[fault.rawValue] }
  }
}
