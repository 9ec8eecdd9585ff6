import Apus
import ApusTesting
import Testing

@Suite struct RouteFaultTests {
  @Test func `all mistakes in the routes are reported at once, and nothing traps`() {
    var router = Router()
    router.get("/u/{id}") { _ in .empty() }
    router.get("/u/{name}") { _ in .empty() }
    router.post("/u/{name}") { _ in .empty() }
    router.get("no-slash") { _ in .empty() }
    router.get("/**/more") { _ in .empty() }
    router.get("/a{b}") { _ in .empty() }
    router.get("/{x}/{x}") { _ in .empty() }
    router.get("/{}") { _ in .empty() }
    router.get("/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}/{9}") { _ in .empty() }
    router.on(.connect, "/c") { _ in .empty() }
    router.files("/files", root: "/tmp")
    router.get("/files/**") { _ in .empty() }
    #expect(
      router.faults == [
        "GET /u/{name} is routed twice, first as GET /u/{id}",
        "no-slash does not start with a slash",
        "/**/more continues after **",
        "/a{b} has a malformed segment, a{b}",
        "/{x}/{x} captures {x} twice",
        "/{} has the capture {}, whose name is to be letters, digits, _, - and .",
        "/{1}/{2}/{3}/{4}/{5}/{6}/{7}/{8}/{9} has more than 8 captures",
        "/c: CONNECT and unknown methods have no routes",
        "GET /files/** is routed twice, first as FILES /files/** from /tmp",
      ])
  }

  @Test func `a proxy without a server, or to a text that names none, is a fault`() {
    var router = Router()
    router.proxy("/a")
    router.group("/b") { $0.proxy("/c", to: "https://secure.example") }
    router.proxy("/d", to: "http://127.0.0.1:9000", "http://host/?query")
    router.proxy("/e", to: "http://127.0.0.1:9000/base/")
    #expect(
      router.faults == [
        "/a is proxied to 0 servers, of 1 to 64",
        "/b/c is proxied to https://secure.example, and https is not spoken: set client.security, with ApusTLS to .system()",
        "/d is proxied to http://host/?query, which is no http URL of a server",
      ])
  }

  @Test func `patterns that would run into their prefix, or never match, are faults`() {
    var mounted = Router()
    mounted.get("things") { _ in .empty() }
    mounted.group("/in") { $0.get("here") { _ in .empty() } }
    var router = Router()
    router.group("/api") { api in
      api.get("users") { _ in .empty() }
      api.get("") { _ in .empty() }
      api.group("v2") { $0.get("/x") { _ in .empty() } }
    }
    router.mount("/m", mounted)
    router.get("/a//b") { _ in .empty() }
    #expect(
      router.faults == [
        "/apiusers does not start with a slash",
        "v2/x does not start with a slash",
        "things does not start with a slash",
        "/inhere does not start with a slash",
        "/a//b has an empty segment",
      ])
  }

  @Test(arguments: [
    ("", "\"\" does not start with a slash"),
    ("/users/:id", "/users/:id has the segment :id: a capture is {id}, and a colon in front is %3A"),
    (
      "/search?q={q}",
      "/search?q={q} is to be a path alone, without a query: a ? is %3F there, and a # is %23"
    ),
    ("/a#b", "/a#b is to be a path alone, without a query: a ? is %3F there, and a # is %23"),
    ("/a/../b", "/a/../b has a dot segment, which no request's path has"),
    ("/a/%2e", "/a/%2e has a dot segment, which no request's path has"),
    ("/{id?}", "/{id?} has the capture {id?}, whose name is to be letters, digits, _, - and ."),
    ("/{id:int}", "/{id:int} has the capture {id:int}, whose name is to be letters, digits, _, - and ."),
    ("/a\nb", "/a\nb has the segment a\nb: the path holds a control character"),
    ("/a\\b", "/a\\b has the segment a\\b: the path holds a backslash that is not escaped"),
    ("/%ff", "/%ff has the segment %ff, which is not UTF-8: a capture takes it"),
  ])
  func `a pattern that other routers would take, or that no path matches, says what is to be written`(
    pattern: String, fault: String
  ) {
    var router = Router()
    router.get(pattern) { _ in .empty() }
    #expect(router.faults == [fault])
  }

  @Test func `a server with faulty routes does not start, and says why`() throws {
    var router = Router()
    router.get("/a") { _ in .empty() }
    router.get("/a") { _ in .empty() }
    var configuration = Server.Configuration()
    configuration.port = 0
    let error = #expect(throws: ServerError.self) { try Server(router, configuration: configuration).start() }
    #expect(
      error?.description == "the routes cannot be served: GET /a is routed twice, first as GET /a")
  }

  @Test func `patterns that overlap without being the same are no fault`() {
    var router = Router()
    for pattern in ["/a/b", "/a/{x}", "/a/*", "/a/**", "/{x}/b", "/*/b", "/**", "/", "/a/"] {
      router.get(pattern) { _ in .empty() }
      router.post(pattern) { _ in .empty() }
    }
    #expect(router.faults == [])
  }

  @Test func `the listing shows methods, whole patterns and captures`() {
    var router = Router()
    router.get("/") { _ in .empty() }
    router.group("/api") { api in
      api.post("/users/{id}") { _ in .empty() }
      api.files("/docs", root: "/srv/docs")
    }
    #expect(
      router.routes.map(\.description) == [
        "GET /", "POST /api/users/{id}", "FILES /api/docs/** from /srv/docs",
      ])
    #expect(router.routes[1].captures == ["id"])
    #expect(router.routes[2].method == nil)
    #expect(Server(router).routes == router.routes)
  }
}
