import Apus
import ApusTesting
import Foundation
import Testing

@Suite struct AuthenticationTests {
  private func basic(_ text: String) -> String {
    "Authorization: Basic \(Data(text.utf8).base64EncodedString())\r\n"
  }

  @Test func `basic: the right name and password pass, all else is 401 with a challenge`() throws {
    var router = Router()
    router.add(
      .basicAuthentication(realm: "inner") { name, password in
        name == "ana" && constantTimeEquals(password, "pass:wörd")
      })
    router.get("/x") { request in .text(request.basicCredentials?.name ?? "none") }
    let good = try ask(router, "/x", fields: basic("ana:pass:wörd"))
    #expect(good.status == 200)
    #expect(good.text == "ana")
    for fields in [
      "", basic("ana:wrong"), basic("ana"), basic(""), "Authorization: Basic !!!\r\n",
      "Authorization: Basic\r\n",
      "Authorization: Bearer abc\r\n", "Authorization: Basic /w==\r\n",
    ] {
      let answer = try ask(router, "/x", fields: fields)
      #expect(answer.status == 401, "\(fields)")
      #expect(answer["WWW-Authenticate"] == #"Basic realm="inner", charset="UTF-8""#)
    }
    #expect(try ask(router, "/none").status == 401, "what is there is nobody's business either")
  }

  @Test func `bearer: the scheme is read in any case, and a wrong token is not treated as none`() throws {
    var router = Router()
    router.add(.bearerAuthentication { constantTimeEquals($0, "abc.def") })
    router.get("/x") { _ in .text("x") }
    #expect(try ask(router, "/x", fields: "Authorization: bearer  abc.def\r\n").status == 200)
    #expect(try ask(router, "/x")["WWW-Authenticate"] == "Bearer")
    let wrong = try ask(router, "/x", fields: "Authorization: Bearer abc.deg\r\n")
    #expect(wrong.status == 401)
    #expect(wrong["WWW-Authenticate"] == #"Bearer error="invalid_token""#)
  }

  @Test(arguments: [
    ("", "", true), ("a", "a", true), ("ab", "ab", true), ("a", "", false), ("", "a", false),
    ("a", "b", false),
    ("aa", "a", false), ("a", "aa", false), ("abcabc", "abc", false), ("é", "é", true),
  ])
  func `constant-time comparison compares`(given: String, secret: String, same: Bool) {
    #expect(constantTimeEquals(given, secret) == same)
  }
}
