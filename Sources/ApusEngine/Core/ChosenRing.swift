// ChosenRing: the only place that chooses a thread's driver. All users of a ring (a server's core, a
// client's, a load generator's thread) are given one and name none, so another driver is one more case here.

package import ApusRing

/// The work that a thread does with its ring. A generic method, so that it is specialised for each driver.
protocol RingUse: ~Copyable {
  associatedtype Outcome
  consuming func run<Driver: RingDriver & ~Copyable>(on driver: consuming Driver) -> Outcome
}

package enum ChosenRing {
  /// Checks that a usable ring can be made here. Takes a millisecond, once before a server starts.
  package static func check() throws(RingUnavailable) { try KernelRing.selfTest() }

  /// Sockets are entries of the ring's own table instead of ordinary descriptors.
  package static var prefersDirectDescriptors: Bool { KernelVersion.running.isGoodAtDirectDescriptors }

  /// Makes the calling thread's ring and passes it to `use`; returns when `use` has ended. Once the ring is
  /// made, it owns the listeners.
  static func run<Use: RingUse & ~Copyable>(
    _ use: consuming Use, _ configuration: KernelRing.Configuration, listeners: [Int32] = [], wakeUp: WakeUp
  ) throws(RingUnavailable) -> Use.Outcome {
    let ring = try KernelRing(configuration, listeners: listeners, wakeUp: wakeUp)
    return use.run(on: ring)
  }
}
