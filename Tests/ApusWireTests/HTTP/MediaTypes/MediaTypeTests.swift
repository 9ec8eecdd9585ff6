import ApusWire
import Testing

/// Media types, by name and by extension.
struct MediaTypeTests {
  private func type(_ name: String) -> String { MediaType.forFile(named: wire(name).span).text }

  @Test(arguments: [
    ("index.html", "text/html; charset=utf-8"), ("a.HTM", "text/html; charset=utf-8"),
    ("app.js", "text/javascript; charset=utf-8"), ("app.mjs", "text/javascript; charset=utf-8"),
    ("style.css", "text/css; charset=utf-8"), ("data.json", "application/json"),
    ("app.js.map", "application/json"), ("site.webmanifest", "application/manifest+json"),
    ("logo.svg", "image/svg+xml"), ("photo.JPG", "image/jpeg"), ("photo.jpeg", "image/jpeg"),
    ("photo.avif", "image/avif"), ("photo.webp", "image/webp"), ("favicon.ico", "image/vnd.microsoft.icon"),
    ("font.woff2", "font/woff2"), ("code.wasm", "application/wasm"), ("paper.pdf", "application/pdf"),
    ("film.mp4", "video/mp4"), ("segment.ts", "video/mp2t"), ("song.mp3", "audio/mpeg"),
    ("notes.txt", "text/plain; charset=utf-8"), ("README.md", "text/markdown; charset=utf-8"),
    ("main.rs", "text/plain; charset=utf-8"), ("feed.rss", "application/rss+xml"),
    ("archive.tar.gz", "application/gzip"), ("/a/b.c/page.html", "text/html; charset=utf-8"),
    ("x.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
  ])
  func `an extension names its type, in any case`(name: String, expected: String) {
    #expect(type(name) == expected)
  }

  @Test(arguments: [
    "", ".", "Makefile", "a.", "a.unknown", ".html", "/dir/.html", "/a.html/file", "a.averyverylongextension",
    "a.html.br", "a.\u{FF}",
  ])
  func `without a known extension a file is a stream of octets`(name: String) {
    #expect(type(name) == "application/octet-stream")
  }

  @Test(arguments: ["text/plain", "text/plain; charset=latin1", "application/vnd.a+b", "a/b"])
  func `a type with its parameters is taken as it is`(text: String) {
    #expect(MediaType(validating: text)?.text == text)
    #expect(MediaType(text).text == text)
  }

  @Test(arguments: [
    "", "text", "/", "text/", "/plain", "text/plain\r\nX: y", "text /plain", "text; a/b", "text/pl ain",
    "a/b/c",
  ])
  func `what is no type is refused`(text: String) {
    #expect(MediaType(validating: text) == nil)
    #expect(MediaType(text).isRefused)
    #expect(MediaType(text).text == "")
  }
}
