// The loop. `ChosenRing` names the driver's type in the reactor's own module, because only then is the
// reactor specialised for it. Called generically from another module, every access to a connection asked the
// type's metadata for the table's offset, and every use of the ring went through a witness table.

package import ApusRing

// In this module for a similar reason: a conformance of another module is a table of addresses, and the
// processor mispredicts most of its jumps after a system call.
extension KernelRing: RingDriver {}

extension Reactor where Driver: ~Copyable {
  /// Runs turns until the core has been told to drain and its last connection is closed.
  mutating func run() {
    core.adoptThread()
    core.exchanges.keepTasks()
    while !isFinished { turn() }
    core.exchanges.endTasks()
    core.leaveThread()
  }
}
