// Opening the file that an access log goes to.

package import ApusRing

extension AccessLogConfiguration {
  /// Why a log file cannot be had.
  public struct OpenError: Error, CustomStringConvertible, Sendable {
    package let cause: FileError
    /// A sentence without the path.
    public var description: String {
      switch cause {
      case .notFound: "its directory does not exist"
      case .notDirectory: "its path goes through something that is not a directory"
      case .forbidden: "this user may not write there"
      case .tooManyOpen: "this process has no descriptor left"
      case .notRegular: "nothing reads from the pipe or device"
      case .escapes: "its path goes round in a circle of links"
      case .other(let errno): "the system refuses with errno \(errno)"
      }
    }
  }

  /// A log that is appended to the file at `path`, made if it is not there. The file stays open until the process ends.
  public init(format: AccessLogFormat, appendingTo path: String) throws(OpenError) {
    do throws(FileError) {
      let file = try OpenFile(appendingTo: path)
      self.init(format: format, descriptor: file.release())
    } catch {
      throw OpenError(cause: error)
    }
  }
}
