import ArgumentParser
import Testing

/// What a command says to arguments that it refuses, without the usage below it; nil if it takes them.
func refusal<Command: ParsableCommand>(_ command: Command.Type, _ arguments: [String]) -> String? {
  do {
    _ = try command.parse(arguments)
    return nil
  } catch {
    #expect(command.exitCode(for: error).rawValue == 64)
    return command.message(for: error)
  }
}
