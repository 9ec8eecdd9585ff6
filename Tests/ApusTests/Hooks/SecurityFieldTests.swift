import Apus
import ApusTesting
import Testing

@Suite struct SecurityFieldTests {
  @Test func `careful fields on every answer, but what a handler says stays`() throws {
    var router = Router()
    router.add(
      .securityFields(
        contentPolicy: "default-src 'self'", strictTransport: .seconds(60),
        more: [ResponseField("Permissions-Policy", "camera=()")]))
    router.get("/x") { _ in .text("x") }
    router.get("/framed") { _ in Response.text("x").adding(ResponseField("x-frame-options", "SAMEORIGIN")) }
    for (target, framing) in [("/x", "DENY"), ("/none", "DENY"), ("/framed", "SAMEORIGIN")] {
      let answer = try ask(router, target)
      #expect(answer["X-Content-Type-Options"] == "nosniff")
      #expect(answer["X-Frame-Options"] == framing)
      #expect(answer["Referrer-Policy"] == "strict-origin-when-cross-origin")
      #expect(answer["Content-Security-Policy"] == "default-src 'self'")
      #expect(answer["Strict-Transport-Security"] == "max-age=60; includeSubDomains")
      #expect(answer["Permissions-Policy"] == "camera=()")
    }
  }
}
