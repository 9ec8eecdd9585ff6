// The Hummingbird peer: `hummingbird-bench PORT [DOCUMENT-ROOT]`. One event loop, as
// the others have one worker.

import Hummingbird
import Logging
import NIOPosix

let port = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 8080 : 8080
var logger = Logger(label: "hummingbird-bench")
logger.logLevel = .critical

struct Message: ResponseEncodable {
  let message: String
}

let router = Router()
if CommandLine.arguments.count > 2 {
  let documents = CommandLine.arguments[2]
  router.addMiddleware { FileMiddleware(documents, searchForIndexHtml: true) }
}
router.get("/plaintext") { _, _ in "Hello, World!" }
router.get("/pipeline") { _, _ in "ok" }
router.get("/json") { _, _ in Message(message: "Hello, World!") }
router.post("/upload") { request, _ in
  var count = 0
  for try await chunk in request.body { count += chunk.readableBytes }
  return String(count)
}

let application = Application(
  router: router,
  configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 4096),
  eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)),
  logger: logger)
try await application.runService()
