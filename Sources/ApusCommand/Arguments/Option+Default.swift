// Options whose help ends with what they are when they are not given, so that the help and
// the value cannot differ.

package import ArgumentParser

extension Option {
  /// For what is parsed with a sentence of ours about what is wrong: of that,
  /// ArgumentParser's help tells no default.
  package init(
    wrappedValue: Value, name: NameSpecification = .long, _ text: String, valueName: String,
    parse: @Sendable @escaping (String) throws -> Value
  ) {
    let help = ArgumentHelp("\(text) (default: \(wrappedValue))", valueName: valueName)
    self.init(wrappedValue: wrappedValue, name: name, help: help, transform: parse)
  }
}
