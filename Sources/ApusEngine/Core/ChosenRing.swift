// ChosenRing: the one place that chooses a thread's driver. Whoever uses a ring (a server's core, a client's,
// a load generator's thread) is handed one and names none; another driver is one more case here.

package import ApusRing

/// What a thread does with the ring that it is given. A generic method, so that each driver has code of its
/// own.
protocol RingUse: ~Copyable {
  associatedtype Outcome
  consuming func run<Driver: RingDriver & ~Copyable>(on driver: consuming Driver) -> Outcome
}

package enum ChosenRing {
  /// Whether a ring can be had here, and does what is needed. A millisecond, once before a server starts.
  package static func check() throws(RingUnavailable) { try KernelRing.selfTest() }

  /// Sockets are entries of the ring's own table rather than ordinary descriptors.
  package static var prefersDirectDescriptors: Bool { KernelVersion.running.isGoodAtDirectDescriptors }

  /// Makes the calling thread's ring and hands it to `use`; returns when that has ended. Takes the listeners
  /// over once there is a ring.
  static func run<Use: RingUse & ~Copyable>(
    _ use: consuming Use, _ configuration: KernelRing.Configuration, listeners: [Int32] = [], wakeUp: WakeUp
  ) throws(RingUnavailable) -> Use.Outcome {
    let ring = try KernelRing(configuration, listeners: listeners, wakeUp: wakeUp)
    return use.run(on: ring)
  }
}
