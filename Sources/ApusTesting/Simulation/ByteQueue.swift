// ByteQueue: bytes on their way, first in first out.

struct ByteQueue {
  private var bytes: [UInt8] = []
  private var head = 0

  var count: Int { bytes.count - head }
  var isEmpty: Bool { head == bytes.count }

  mutating func append(contentsOf more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

  /// Takes out the first `count` bytes, or all if there are fewer.
  mutating func removeFirst(_ count: Int) -> ArraySlice<UInt8> {
    let end = min(head + count, bytes.count)
    let taken = bytes[head..<end]
    head = end
    if head == bytes.count {
      bytes = []
      head = 0
    } else if head > 65_536 {
      bytes.removeSubrange(..<head)
      head = 0
    }
    return taken
  }

  mutating func removeAll() {
    bytes = []
    head = 0
  }
}
