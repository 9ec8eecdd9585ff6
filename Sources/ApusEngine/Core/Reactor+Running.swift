// The loop. `ChosenRing` names the driver's type in the module that declares the reactor: only so is the
// reactor specialised for it. Called generically from another module, every access to a connection asked the
// type's metadata where the table lies, and every use of the ring went through a witness table.

package import ApusRing

// For the same reason: a conformance of another module is a table of addresses, and each call a jump that the
// processor seldom foresees behind a system call.
extension KernelRing: RingDriver {}

extension Reactor where Driver: ~Copyable {
  /// Turns until the core has been told to drain and its last connection is closed.
  mutating func run() {
    core.adoptThread()
    core.exchanges.keepTasks()
    while !isFinished { turn() }
    core.exchanges.endTasks()
    core.leaveThread()
  }
}
