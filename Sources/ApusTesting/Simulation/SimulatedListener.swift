// SimulatedListener: a listening socket of the simulated kernel: who waits in its
// backlog, and the accept on it.

import ApusRing

struct SimulatedListener {
  var backlog: [SimulatedPeer] = []
  var accept: Token?
  /// No completion of the accept may be seen before this: their order is a promise.
  var order: UInt64 = 0
  var isOpen = true
}
