// CoreLocal: one pointer per thread, by which code that a core runs finds its core, and
// code elsewhere finds none.

internal import CApusLinux

/// The calling thread's pointer. Reading costs a call; nothing is retained.
@safe package enum CoreLocal {
  /// Safety: whoever sets it keeps what it points to alive until it is set anew.
  package static var pointer: UnsafeMutableRawPointer? {
    get { unsafe apus_thread_core() }
    set { unsafe apus_set_thread_core(newValue) }
  }

  /// The pointer as a number, to compare; 0 on a thread that is no core's.
  @inline(__always)
  package static var identity: UInt { unsafe UInt(bitPattern: pointer) }
}
