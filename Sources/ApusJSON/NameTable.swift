// NameTable: names of members as they are written, found by the literal's address: a name is looked at
// for what must be escaped once per core, and is sixteen bytes to copy from then on. A core's alone, in
// memory that its thread keeps.

import ApusRing

/// Some names of literals. One that is not in it costs what it cost without: later
/// ones push earlier ones out.
@safe struct NameTable {
  /// Safety: `ApusRing` keeps these bytes for as long as the thread is a core's, zeroed at first, and an
  /// answer is written in one go, on one thread.
  private let entries: UnsafeMutablePointer<Entry>

  /// A literal's bytes never change and never go, so its address and length tell it from all others.
  private struct Entry {
    let start: UInt
    let count: Int
    /// Quotation marks, name and colon.
    let text: SIMD16<UInt8>
  }

  private static let entryCount = 256
  /// What fits an entry with two quotation marks and a colon.
  private static let longest = 13
  /// Bytes that are written for any name.
  static let entryBytes = 16

  private static let byteCount = entryCount * MemoryLayout<Entry>.stride

  /// The table of the core that the calling thread is; elsewhere one that knows nothing.
  static var ofCore: NameTable {
    guard let bytes = unsafe CoreMemory.bytes(byteCount) else { return unsafe empty }
    return unsafe NameTable(entries: bytes.assumingMemoryBound(to: Entry.self))
  }

  /// Safety: zeros that nobody writes.
  private nonisolated(unsafe) static let empty: NameTable = {
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: MemoryLayout<Entry>.alignment)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return unsafe NameTable(entries: bytes.assumingMemoryBound(to: Entry.self))
  }()

  /// The names of one type lie side by side.
  @inline(__always)
  private func entry(_ start: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Entry> {
    unsafe entries + Int(UInt(bitPattern: start) & UInt(Self.entryCount &- 1))
  }

  /// Writes a name that is known, `entryBytes` of which `count` and three are its own, and
  /// answers those; nil for another.
  @inline(__always)
  func write(
    _ start: UnsafePointer<UInt8>, _ count: Int, to end: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    let entry = unsafe entry(start)
    guard unsafe entry.pointee.start == UInt(bitPattern: start), unsafe entry.pointee.count == count else {
      return nil
    }
    unsafe UnsafeMutableRawPointer(end).storeBytes(of: entry.pointee.text, as: SIMD16<UInt8>.self)
    return count &+ 3
  }

  /// Keeps a name as it was written.
  func keep(_ name: UnsafePointer<UInt8>, _ count: Int, as written: UnsafePointer<UInt8>) {
    guard count <= Self.longest, unsafe entries != Self.empty.entries else { return }
    var text = SIMD16<UInt8>()
    unsafe withUnsafeMutableBytes(of: &text) {
      unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: written, count: count + 3))
    }
    unsafe entry(name).initialize(to: Entry(start: UInt(bitPattern: name), count: count, text: text))
  }
}
