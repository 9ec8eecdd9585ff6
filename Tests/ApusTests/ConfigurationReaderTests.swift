// A server's configuration from swift-configuration, with the package trait `Configuration`; empty without
// it. `scripts/test --traits` runs it.

#if Configuration
  import Apus
  import Configuration
  import Testing

  @Suite struct ConfigurationReaderTests {
    private func read(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> Server.Configuration {
      try Server.Configuration(ConfigReader(provider: InMemoryProvider(values: values)))
    }

    @Test func `nothing that is known changes nothing`() throws {
      let configuration = try read([:])
      #expect(configuration.listen == [.tcp("127.0.0.1", 8080)])
      #expect(configuration.cores == .all)
      #expect(configuration.timeouts.keepAlive == .seconds(75))
      #expect(configuration.limits.requestsPerConnection == nil)
    }

    @Test func `values that a reader has are set`() throws {
      let configuration = try read([
        "listen": ConfigValue(.stringArray(["0.0.0.0:80", "unix:/run/x?mode=0600"]), isSecret: false),
        "cores": 2,
        "serverName": "test", "keepAlive.timeout": 20, "keepAlive.announced": 15,
        "keepAlive.maxRequests": 1000,
        "timeouts.head": 2.5, "timeouts.answer": 7, "timeouts.drain": 3, "limits.collectBytes": 4096,
        "limits.headBytes": 1024, "limits.connections": 500,
      ])
      #expect(configuration.listen == [.tcp("0.0.0.0", 80), .unix("/run/x", mode: 0o600)])
      #expect(configuration.cores == .count(2))
      #expect(configuration.serverName == "test")
      #expect(configuration.timeouts.keepAlive == .seconds(20))
      #expect(configuration.announcedKeepAlive == 15)
      #expect(configuration.limits.requestsPerConnection == 1000)
      #expect(configuration.timeouts.head == .milliseconds(2500))
      #expect(configuration.timeouts.answer == .seconds(7))
      #expect(configuration.timeouts.drain == .seconds(3))
      #expect(configuration.limits.collectBytes == 4096)
      #expect(configuration.limits.head == HeadLimits(requestLineBytes: 1024, headBytes: 1024))
      #expect(configuration.limits.connections == 500)
    }

    @Test func `the environment is read under a prefix`() throws {
      let provider = EnvironmentVariablesProvider(environmentVariables: [
        "HTTP_LISTEN": "127.0.0.1:0,[::1]:0", "HTTP_KEEP_ALIVE_TIMEOUT": "5",
      ])
      let configuration = try Server.Configuration(ConfigReader(provider: provider).scoped(to: "http"))
      #expect(configuration.listen == [.tcp("127.0.0.1", 0), .tcp("::1", 0)])
      #expect(configuration.timeouts.keepAlive == .seconds(5))
    }

    @Test(arguments: [
      ("cores", "many", "cores"), ("listen", "nowhere:none", "listen"),
      ("keepAlive.timeout", "soon", "timeout"),
      ("keepAlive.announced", "70000", "keepAlive.announced"), ("limits.connections", "1.5", "connections"),
      ("limits.headBytes", "100", "limits.headBytes"),
    ]) func `a value that is none of its kind is refused by name`(
      _ key: String, _ value: String, _ named: String
    ) {
      let environment = EnvironmentVariablesProvider(environmentVariables: [
        key.replacing(".", with: "_").reduce("") { $0 + ($1.isUppercase ? "_\($1)" : $1.uppercased()) }: value
      ])
      let error = #expect(throws: ServerError.self) {
        try Server.Configuration(ConfigReader(provider: environment))
      }
      #expect(error?.description.contains("the configuration's \(named) must be") == true)
    }
  }
#endif
