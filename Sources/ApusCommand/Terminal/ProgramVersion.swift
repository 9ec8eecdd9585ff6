/// The program's version, as `apus --version`, the banner and `fetch`'s User-Agent have it.
enum ProgramVersion {
  static let text = "0.1.0"
}
