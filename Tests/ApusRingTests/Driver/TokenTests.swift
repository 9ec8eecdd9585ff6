import ApusRing
import Testing

@Suite struct TokenTests {
  @Test func `operation, generation and slot come out as they went in`() {
    let operations = (0...UInt8.max).compactMap(ApusRing.Operation.init(rawValue:))
    #expect(operations.contains(.clientShutdown))
    for operation in operations {
      for generation: UInt32 in [0, 1, 0x80_0000, Token.generationCount - 1] {
        for slot: Slot in [0, 1, 65_535, .none] {
          let token = Token(rawValue: Token(operation, slot: slot, generation: generation).rawValue)
          #expect(token.operation == operation && token.generation == generation && token.slot == slot)
        }
      }
    }
  }

  @Test func `generations wrap without touching the operation`() {
    let token = Token(.send, slot: 7, generation: Token.generationCount + 5)
    #expect(token.operation == .send && token.generation == 5 && token.slot == 7)
  }
}
