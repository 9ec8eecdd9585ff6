// ServeRun: from checked arguments to a server that runs, and its end. Each mistake that only the machine can
// find is one sentence on standard error, and an exit code.

import Apus
import ApusEngine
import ApusRing
import ApusTLS
import ArgumentParser
import Logging

struct ServeRun {
  private let command: ServeCommand
  private let isInteractive = StandardStream.error.isTerminal
  /// Cores log: whoever does not read standard error is not to hold them up.
  private let diagnostics = DiagnosticStream()

  init(_ command: ServeCommand) { self.command = command }

  func run() throws(ExitCode) {
    let started = ContinuousClock.now
    try checkDirectory()
    let configuration = try configuration()
    var router = Router()
    router.files("/", files)
    let server = Server(router, configuration: configuration, logger: logger(.notice))
    let summary: RunSummary
    do throws(ServerError) {
      summary = try server.run { running in
        announce(running, configuration, readyIn: .now - started)
      }
    } catch {
      throw fail(ExitStatus(error), error.description)
    }
    report(ExitSummary(summary, uptime: .now - started))
    if summary.wasForced { throw ExitStatus.forced.code }
  }

  private var files: StaticFiles {
    var files = StaticFiles(root: command.directory)
    if !command.index.isEmpty { files.index = command.index }
    files.servesHiddenFiles = command.hidden
    files.symbolicLinks = command.followSymlinks.policy
    files.fields = command.header
    files.alwaysFields = command.headerAlways
    return files
  }

  private func configuration() throws(ExitCode) -> Server.Configuration {
    var configuration = Server.Configuration()
    configuration.listen = command.addresses
    if let cores = command.cores { configuration.cores = .count(cores) }
    if command.keepsNoConnections {
      configuration.limits.requestsPerConnection = 1
    } else {
      configuration.timeouts.keepAlive = command.keepaliveTimeout.duration
      configuration.announcedKeepAlive = command.announcedSeconds
    }
    configuration.timeouts.drain = command.drainTimeout.duration
    configuration.accessLog = try accessLog()
    configuration.security = try security()
    configuration.plainListen = command.tls.redirect
    configuration.plainAction = .redirect()
    configuration.strictTransport = command.tls.hsts.map { .seconds($0 * 86_400) }
    return configuration
  }

  private func accessLog() throws(ExitCode) -> AccessLogConfiguration? {
    guard let path = command.accessLog, let format = (command.logFormat ?? .combined).format else {
      return nil
    }
    if path == "-" {
      guard !StandardStream.output.isMissing else {
        throw fail(
          .configuration,
          "standard output is closed, and --access-log - has its lines go there: name a file, or redirect it")
      }
      return AccessLogConfiguration(format: format, descriptor: StandardStream.output.descriptor)
    }
    do throws(AccessLogConfiguration.OpenError) {
      return try AccessLogConfiguration(format: format, appendingTo: path)
    } catch {
      throw fail(
        error.cause == .forbidden ? .permission : .configuration,
        "cannot append to the access log \(path): \(error); name another file with --access-log")
    }
  }

  private func security() throws(ExitCode) -> ServerSecurity? {
    if command.tls.selfSigned {
      var tls = TLSServerConfiguration(certificates: .selfSigned())
      tls.minimumVersion = command.tls.minimumVersion?.version ?? .tls12
      return .tls(tls)
    }
    guard command.tls.isOn else { return nil }
    let logger = logger(.info)
    do throws(CertificateError) {
      return try ServerSecurity.tls(command.tls.files) { report in
        switch report {
        case .renewed: logger.notice("\(report)")
        case .warning: logger.warning("\(report)")
        case .refused, .spoiled: logger.error("\(report)")
        }
      }
    } catch {
      throw fail(.configuration, error.description)
    }
  }

  /// Opens the directory once before anything starts, for a better sentence than a core could give.
  private func checkDirectory() throws(ExitCode) {
    let path = command.directory
    do throws(FileError) {
      _ = try RootDirectory(path: path)
    } catch {
      switch error {
      case .notFound: throw fail(.configuration, "there is no directory \(path); name one that exists")
      case .notDirectory:
        throw fail(
          .configuration, "\(path) is not a directory; name the directory that holds the files to serve")
      case .forbidden:
        throw fail(
          .permission, "this user may not enter \(path); change its permissions, or name another directory")
      case .other(let errno):
        throw fail(.configuration, "\(path) cannot be opened with openat2 (errno \(errno)); see openat2(2)")
      default: throw fail(.configuration, RootError(path: path, cause: error).description)
      }
    }
  }

  private func announce(_ running: RunningServer, _ configuration: Server.Configuration, readyIn: Duration) {
    let banner = Banner(
      command, running, configuration, fingerprint: configuration.security?.fingerprint, readyIn: readyIn)
    if isInteractive {
      StandardStream.error.write(banner.screen)
    } else {
      logger(.info).info("serving", metadata: banner.metadata)
    }
  }

  private func report(_ summary: ExitSummary) {
    if isInteractive {
      StandardStream.error.write(summary.screen)
    } else {
      logger(.info).info("ended", metadata: summary.metadata)
    }
  }

  private func logger(_ level: Logger.Level) -> Logger {
    let diagnostics = diagnostics
    var logger = Logger(label: "apus") { StreamLogHandler(label: $0, stream: diagnostics) }
    logger.logLevel = level
    return logger
  }
}
