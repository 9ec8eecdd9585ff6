import ApusEngine
import ApusTesting
import Testing

@Suite struct QueueTests {
  @Test func `a queue does what an array does, however long it gets`() {
    for seed in Seed.list(standard: 100) {
      var random = SeededGenerator(seed: seed)
      var queue = Queue<Int>()
      var model: [Int] = []
      var isRight = true
      for step in 0..<1000 {
        switch random.below(random.chance(0.5) ? 3 : 12) {
        case 0:
          isRight = isRight && queue.popFirst() == (model.isEmpty ? nil : model.removeFirst())
        case 1 where !model.isEmpty:
          queue.replaceLast(with: -step)
          model[model.count - 1] = -step
        case 2 where random.chance(0.05):
          queue.removeAll()
          model = []
        default:
          queue.append(step)
          model.append(step)
        }
        isRight =
          isRight && queue.count == model.count && queue.isEmpty == model.isEmpty
          && queue.first == model.first && queue.last == model.last
      }
      while let element = queue.popFirst() { isRight = isRight && element == model.removeFirst() }
      #expect(isRight && model.isEmpty, "\(Seed.commandLine(seed, filter: "QueueTests"))")
    }
  }

  @Test func `an element that was taken is freed at once, and one that waits is kept`() {
    final class Piece {}
    var queue = Queue<Piece>()
    let pieces = (0..<20).map { _ in Witness(Piece()) }
    for piece in pieces { queue.append(piece.take()) }
    for taken in 0..<20 {
      _ = queue.popFirst()
      #expect(pieces.map(\.isAlive) == (0..<20).map { $0 > taken })
    }
    let last = Witness(Piece())
    queue.append(last.take())
    queue.removeAll()
    #expect(!last.isAlive)
  }

  @Test func `a queue that never runs empty has places for twice as many as wait`() {
    for waiting in [1, 2, 7, 100] {
      var queue = Queue<Int>()
      for element in 0..<waiting { queue.append(element) }
      for element in 0..<10_000 {
        queue.append(waiting + element)
        #expect(queue.popFirst() == element)
        #expect(queue.placeCount < max(2 * waiting, waiting + Queue<Int>.fewestEmpty))
      }
    }
  }
}

/// Hands an object on, and knows whether it is still there.
private final class Witness<Object: AnyObject> {
  private var held: Object?
  private weak var object: Object?

  init(_ object: Object) {
    held = object
    self.object = object
  }

  var isAlive: Bool { object != nil }

  func take() -> Object { held.take()! }
}
