// ReadyList: the relays of a core that something happened to, each once and oldest first. In reverse order
// old ones could wait for ever while more are listed than stepped.

/// Numbers that wait for their turn. A number that waits already is not listed again.
@safe final class ReadyList {
  /// In a cell, since every turn asks whether it is empty.
  private let numbers = Cell(Queue<UInt32>())
  private var isListed: [Bool] = []

  @inline(__always)
  var isEmpty: Bool { numbers.value.isEmpty }
  var count: Int { numbers.value.count }

  func append(_ number: UInt32) {
    while isListed.count <= Int(number) { isListed.append(false) }
    guard !isListed[Int(number)] else { return }
    isListed[Int(number)] = true
    numbers.value.append(number)
  }

  func popFirst() -> UInt32? {
    guard let number = numbers.value.popFirst() else { return nil }
    isListed[Int(number)] = false
    return number
  }
}
