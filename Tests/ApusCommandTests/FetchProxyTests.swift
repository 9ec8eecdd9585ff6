import Apus
import ApusTestSupport
import Testing

/// Proxies of `apus fetch`: options and variables, as curl has them.
@Suite(.serialized) struct FetchProxyTests {
  /// Says what it was asked for, as a proxy is asked.
  private var router: Router {
    var router = Router()
    router.get("/{path}") { request in
      let credentials = request.header("proxy-authorization") ?? "nobody"
      return .text(
        "\(request.header("host") ?? "") \(String(decoding: [UInt8](copying: request.path), as: UTF8.self)) \(credentials)"
      )
    }
    return router
  }

  private func port(_ url: String) -> String { String(url.dropFirst("http://127.0.0.1:".count).dropLast()) }

  @Test func `the variables name a proxy, which is asked for the whole url`() throws {
    try withRoutes(router) { (url: String) throws in
      let proxy = "127.0.0.1:\(port(url))"
      let asked = "apus fetch http://far.invalid/x"
      for variable in [
        "http_proxy=http://\(proxy)/", "http_proxy=\(proxy)", "all_proxy=\(proxy)", "ALL_PROXY=\(proxy)",
      ] {
        #expect(try shell("export \(variable); \(asked)").output == "far.invalid /x nobody", "\(variable)")
      }
      #expect(
        try shell("export http_proxy=http://a:b%40@\(proxy); \(asked)").output
          == "far.invalid /x Basic YTpiQA==")
      #expect(
        try shell("export all_proxy=127.0.0.1:1 http_proxy=\(proxy); \(asked)").output
          == "far.invalid /x nobody")
      // A CGI program's variable, which a client's header sets.
      #expect(try shell("export HTTP_PROXY=\(proxy); \(asked)").code == 1)
      #expect(
        try shell("export http_proxy=127.0.0.1:1; \(asked) -x \(proxy)").output == "far.invalid /x nobody")
    }
  }

  @Test func `hosts that are exempt are asked directly`() throws {
    try withRoutes(router) { (url: String) throws in
      for line in [
        "no_proxy=127.0.0.1 apus fetch \(url)x", "no_proxy='far.invalid, 127.0.0.0/8' apus fetch \(url)x",
        "no_proxy=* apus fetch \(url)x", "NO_PROXY=127.0.0.1 apus fetch \(url)x",
        "apus fetch --noproxy 127.0.0.1 \(url)x", "apus fetch -x '' \(url)x",
      ] {
        #expect(try shell("export http_proxy=127.0.0.1:1; \(line)").output.hasSuffix(" /x nobody"), "\(line)")
      }
      let proxied = try shell("export http_proxy=127.0.0.1:1 no_proxy=127.0.0.2; apus fetch \(url)x")
      #expect(
        proxied.code == 1
          && proxied.said.contains("through the proxy 127.0.0.1:1: the connection cannot be opened"))
    }
  }

  @Test func `a proxy of an unknown kind fails only the requests that need it`() throws {
    try withRoutes(moving) { (url: String) throws in
      let exempt = "export all_proxy=socks5://127.0.0.1:1 no_proxy=127.0.0.1;"
      #expect(try shell("\(exempt) apus fetch \(url)x").output.hasSuffix(" /x nobody"))
      for line in ["apus fetch http://far.invalid/", "apus fetch \(url)far"] {
        let refused = try shell("\(exempt) \(line)")
        #expect(refused.code == 78 && refused.output.isEmpty, "\(line)")
        #expect(
          refused.said.contains("all_proxy is no proxy, socks5://127.0.0.1:1: a proxy of the kind socks5"))
        #expect(refused.said.split(separator: "\n").count == 1)
      }
      let several = try shell("\(exempt) apus fetch \(url)x \(url)far")
      #expect(several.code == 1 && several.output.contains("a proxy of the kind socks5"))
    }
  }

  /// The same, and a way to another host.
  private var moving: Router {
    var router = router
    router.get("/far") { _ in
      Response(status: .found, fields: [ResponseField("Location", "http://far.invalid/")])
    }
    return router
  }

  @Test func `the error for an unusable proxy shows no password`() throws {
    for (proxy, why) in [
      ("socks5://a:secret@h:1", "a proxy of the kind socks5 is not supported"),
      ("http://a:secret@h:99999", "its port is"),
      ("https://h", "a proxy of the kind https"), ("http://a:secret@", "its host is missing"),
    ] {
      let flag = try fetch("--proxy", proxy, "http://h/")
      let variable = try shell("http_proxy='\(proxy)' apus fetch http://h/")
      #expect(flag.code == 64 && variable.code == 78)
      for said in [flag.said, variable.said] {
        #expect(said.contains(why) && !said.contains("secret") && said.split(separator: "\n").count == 1)
      }
    }
  }
}
