// ShortOptions: a value right behind its short option, as getopt(3) has it, and with it curl, wrk and ab:
// -XPOST, -c64, -sSo/dev/null. ArgumentParser takes no such value that has a blank or an equals sign in it.

package enum ShortOptions {
  /// Those that have a value, by subcommand.
  package static let withValue = ["serve": "p", "fetch": "XHdoupwxm", "bench": "XHmctdrb"]

  /// The arguments, each such value as ArgumentParser reads it: `-X=POST`.
  package static func separated(_ arguments: [String]) -> [String] {
    guard let command = arguments.first, let options = withValue[command] else { return arguments }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end].flatMap { separated($0, options) } + arguments[end...]
  }

  private static func separated(_ argument: String, _ options: String) -> [String] {
    guard argument.hasPrefix("-"), !argument.hasPrefix("--"),
      let place = argument.firstIndex(where: { options.contains($0) })
    else { return [argument] }
    let flags = argument[..<place]
    let value = argument[argument.index(after: place)...]
    guard flags.dropFirst().allSatisfy(\.isLetter), !value.isEmpty, !value.hasPrefix("=") else {
      return [argument]
    }
    return (flags == "-" ? [] : [String(flags)]) + ["-\(argument[place])=\(value)"]
  }
}
