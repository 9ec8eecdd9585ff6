// NameTable: names of members as they are written, found by the literal's address: a name is looked at for what must be escaped
// once per core, and is two words from then on. A core's alone, in memory that its thread keeps.

import ApusRing

/// Some names of literals. One that is not in it costs what it cost without: later ones push earlier ones out.
@safe struct NameTable {
  /// Safety: `ApusRing` keeps these bytes for as long as the thread is a core's, zeroed at first, and an answer is written in
  /// one go, on one thread.
  private let entries: UnsafeMutablePointer<Entry>

  /// A literal's bytes never change and never go, so its address and length tell it from all others.
  private struct Entry {
    let start: UInt
    let count: Int
    /// Quotation marks, name and colon.
    let low: UInt64
    let high: UInt64
  }

  private static let entryCount = 64
  /// What fits two words with two quotation marks and a colon.
  private static let longest = 13

  /// The table of the core that the calling thread is; nil elsewhere.
  static var ofCore: NameTable? {
    unsafe CoreMemory.bytes(entryCount * MemoryLayout<Entry>.stride).map {
      unsafe NameTable(entries: $0.assumingMemoryBound(to: Entry.self))
    }
  }

  @inline(__always)
  private func entry(_ start: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Entry> {
    let address = UInt(bitPattern: start)
    return unsafe entries + Int((address ^ address &>> 6) & UInt(Self.entryCount &- 1))
  }

  /// Writes a name that is known, 16 bytes of which `count` and three are its own; false for another.
  @inline(__always)
  func write(_ start: UnsafePointer<UInt8>, _ count: Int, to end: UnsafeMutablePointer<UInt8>) -> Bool {
    let entry = unsafe entry(start)
    guard unsafe entry.pointee.start == UInt(bitPattern: start), unsafe entry.pointee.count == count else {
      return false
    }
    let target = UnsafeMutableRawPointer(end)
    unsafe target.storeBytes(of: entry.pointee.low, as: UInt64.self)
    unsafe target.storeBytes(of: entry.pointee.high, toByteOffset: 8, as: UInt64.self)
    return true
  }

  /// Keeps a name as it was written.
  func keep(_ name: UnsafeRawPointer, _ count: Int, as written: UnsafePointer<UInt8>) {
    guard count <= Self.longest else { return }
    var words: (low: UInt64, high: UInt64) = (0, 0)
    unsafe withUnsafeMutableBytes(of: &words) {
      unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: written, count: count + 3))
    }
    let start = unsafe name.assumingMemoryBound(to: UInt8.self)
    unsafe entry(start).initialize(
      to: Entry(start: UInt(bitPattern: start), count: count, low: words.low, high: words.high))
  }
}
