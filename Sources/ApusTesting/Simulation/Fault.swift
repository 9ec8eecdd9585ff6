// Fault: what may go wrong in the simulated kernel, by name, each with a probability. All of them are things
// that a real kernel or network does; none breaks a promise that the real ones keep.

package enum Fault: Int, CaseIterable, Sendable {
  /// A receive brings fewer bytes than wait; the rest comes with the next.
  case shortReceive
  /// A send completes with a part of its bytes though nobody cancelled it.
  case shortSend
  /// The socket takes a part of a send now and the rest later.
  case partialWindow
  /// A completion is held back while those of other operations pass it.
  case reorder
  /// A cancellation takes effect late: until then the operation proceeds, and may complete.
  case lateCancel
  /// A cancellation comes while the kernel is in the middle of the operation, which is on no list just then:
  /// it finds nothing, and the operation continues.
  case missedCancel
  /// A receive finds no provided buffer (-ENOBUFS) and ends.
  case noBuffers
  /// The connection is reset by the peer's end.
  case reset
  /// The peer reads slowly and in small pieces.
  case slowPeer
  /// A multishot operation ends with a good result.
  case spuriousEnd
  /// A multishot receive is not told of a reset that comes along with data: it takes both for one event,
  /// reads the data and waits for the next.
  case deafReceive
  /// A multishot accept ends with an error that has nothing to do with the next connection.
  case acceptError
  /// A file cannot be sent uncopied just now, and must go by way of memory.
  case noFileSocket
  /// A half-close takes effect late: a worker does it, on whatever connection has the slot by then.
  case lateShutdown
}

/// A probability for each fault. They are asked at each opportunity: per completion, per
/// peer's step, per connection.
package struct Faults: Equatable, Sendable {
  private var probabilities = [Double](repeating: 0, count: Fault.allCases.count)

  private init() {}

  package static var none: Faults { Faults() }

  /// Every fault, often enough that a run of some hundred operations sees most of them.
  package static var all: Faults {
    var faults = Faults()
    faults[.shortReceive] = 0.2
    faults[.shortSend] = 0.05
    faults[.partialWindow] = 0.2
    faults[.reorder] = 0.3
    faults[.lateCancel] = 0.5
    faults[.missedCancel] = 0.3
    faults[.noBuffers] = 0.05
    faults[.reset] = 0.003
    faults[.slowPeer] = 0.15
    faults[.spuriousEnd] = 0.05
    faults[.deafReceive] = 0.5
    faults[.acceptError] = 0.05
    faults[.lateShutdown] = 0.5
    faults[.noFileSocket] = 0.2
    return faults
  }

  /// One fault alone.
  package static func only(_ fault: Fault, _ probability: Double) -> Faults {
    var faults = Faults()
    faults[fault] = probability
    return faults
  }

  package subscript(fault: Fault) -> Double {
    get { probabilities[fault.rawValue] }
    set { probabilities[fault.rawValue] = newValue }
  }

  package func without(_ fault: Fault) -> Faults {
    var faults = self
    faults[fault] = 0
    return faults
  }
}
