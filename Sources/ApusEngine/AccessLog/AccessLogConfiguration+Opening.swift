// Opens the file of an access log.

package import ApusRing

extension AccessLogConfiguration {
  /// Why a log file cannot be opened.
  public struct OpenError: Error, CustomStringConvertible, Sendable {
    package let cause: FileError
    /// A sentence without the path.
    public var description: String {
      switch cause {
      case .notFound: "its directory does not exist"
      case .notDirectory: "its path goes through something that is not a directory"
      case .forbidden: "this user may not write there"
      case .tooManyOpen: "this process has no descriptor left"
      case .notRegular: "nobody reads from it (a FIFO's reader is to be there first), or it is a socket"
      case .escapes: "its path goes round in a circle of links"
      case .other: "\(cause)"
      }
    }
  }

  /// A log that is appended to the file at `path`, which is created if missing. The file stays open until the
  /// process ends. A FIFO without a reader is an error.
  public init(format: AccessLogFormat, appendingTo path: String) throws(OpenError) {
    do throws(FileError) {
      let file = try OpenFile(appendingTo: path)
      self.init(format: format, descriptor: file.release())
      self.path = path
    } catch {
      throw OpenError(cause: error)
    }
  }

  /// Opens the file at its path again, after the old one was moved away (logrotate(8)). No line is lost:
  /// lines that a core has submitted to the kernel by now are in the old file, those that it still holds, at
  /// most half a second's, go to the new one.
  ///
  /// Does nothing for a log without a path. Any thread except a core's, as it may wait for the disk. On an
  /// error the old file stays in use. ``Server/run(signals:whenListening:)`` calls it at SIGHUP and SIGUSR1.
  public func reopen() throws(OpenError) {
    guard let path else { return }
    do throws(FileError) {
      // Every core knows the file by this descriptor, so none has to be told.
      try OpenFile(appendingTo: path).takePlace(of: descriptor)
      tail.forget()
    } catch {
      throw OpenError(cause: error)
    }
  }
}
