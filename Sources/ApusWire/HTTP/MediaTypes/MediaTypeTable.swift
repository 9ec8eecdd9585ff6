// MediaTypeTable: which file name extension means which media type. The facts come from Debian's media-types
// package; where browsers need another answer than an archive of vendor types gives, ours stands (source text
// as text/plain, `ts` as a transport stream, no private type for programs).

enum MediaTypeTable {
  /// A type and its extensions in each line; `#` starts a comment.
  private static let text = """
    # Text, read in the browser
    application/xhtml+xml xhtml xht
    text/cache-manifest appcache
    text/calendar ics
    text/css css
    text/csv csv
    text/html html htm shtml
    text/markdown md markdown
    text/n3 n3
    text/plain txt text log srt
    text/richtext rtx
    text/tab-separated-values tsv
    text/turtle ttl
    text/vcard vcf
    text/vtt vtt
    # Programs and data for the web
    application/atom+xml atom
    application/cbor cbor
    application/geo+json geojson
    application/gml+xml gml
    application/gpx+xml gpx
    application/json json map
    application/ld+json jsonld
    application/manifest+json webmanifest
    application/rdf+xml rdf
    application/rss+xml rss
    application/sql sql
    application/toml toml
    application/vnd.adobe.flash.movie swf
    application/vnd.google-earth.kml+xml kml
    application/vnd.google-earth.kmz kmz
    application/wasm wasm
    application/xml xml
    application/xml-dtd dtd
    application/xslt+xml xsl xslt
    application/yaml yaml yml
    text/javascript js mjs cjs
    text/plain proto
    # Source text, shown rather than saved
    text/plain c h cc cpp cxx hh hpp hxx java kt py rb rs go swift pl pm php sh bash zsh lua r scala
    text/plain hs tsx jsx vue scss sass less diff patch tex sty bib ini conf cfg lock
    video/mp2t ts
    # Images
    image/aces exr
    image/apng apng
    image/avif avif
    image/bmp bmp
    image/emf emf
    image/gif gif
    image/heic heic
    image/heif heif
    image/jp2 jp2
    image/jpeg jpg jpeg jpe jfif
    image/jpx jpx
    image/jxl jxl
    image/png png
    image/svg+xml svg
    image/tiff tif tiff
    image/vnd.adobe.photoshop psd
    image/vnd.djvu djvu djv
    image/vnd.dwg dwg
    image/vnd.dxf dxf
    image/vnd.microsoft.icon ico
    image/vnd.radiance hdr
    image/vnd.zbrush.pcx pcx
    image/webp webp
    image/wmf wmf
    image/x-portable-anymap pnm
    image/x-portable-bitmap pbm
    image/x-portable-graymap pgm
    image/x-portable-pixmap ppm
    image/x-xbitmap xbm
    image/x-xpixmap xpm
    # Sound
    audio/AMR amr
    audio/aac aac
    audio/ac3 ac3
    audio/aiff aif aiff aifc
    audio/basic au snd
    audio/flac flac
    audio/midi mid midi
    audio/mp4 m4a
    audio/mpeg mp3 mp2 mpga
    audio/mpegurl m3u
    audio/ogg oga ogg opus spx
    audio/wav wav
    audio/webm weba
    audio/x-ms-wma wma
    audio/x-pn-realaudio ra ram
    audio/x-scpls pls
    # Moving images
    application/dash+xml mpd
    application/vnd.apple.mpegurl m3u8
    application/vnd.ms-asf asf
    video/3gpp 3gp
    video/3gpp2 3g2
    video/dv dv
    video/iso.segment m4s
    video/matroska mkv
    video/mp2t mts m2ts
    video/mp4 mp4 m4v
    video/mpeg mpeg mpg mpe m2v
    video/ogg ogv
    video/quicktime mov qt
    video/webm webm
    video/x-flv flv
    video/x-ms-wmv wmv
    video/x-msvideo avi
    # Fonts
    application/vnd.ms-fontobject eot
    font/collection ttc
    font/otf otf
    font/ttf ttf
    font/woff woff
    font/woff2 woff2
    # Documents
    application/epub+zip epub
    application/msword doc dot
    application/oxps oxps
    application/pdf pdf
    application/postscript ps eps ai
    application/rtf rtf
    application/tei+xml tei
    application/vnd.amazon.mobi8-ebook azw3
    application/vnd.apple.keynote keynote
    application/vnd.apple.numbers numbers
    application/vnd.apple.pages pages
    application/vnd.ms-excel xls
    application/vnd.ms-excel.sheet.binary.macroEnabled.12 xlsb
    application/vnd.ms-excel.sheet.macroEnabled.12 xlsm
    application/vnd.ms-powerpoint ppt pps
    application/vnd.ms-powerpoint.presentation.macroEnabled.12 pptm
    application/vnd.ms-visio.drawing vsdx
    application/vnd.ms-word.document.macroEnabled.12 docm
    application/vnd.ms-xpsdocument xps
    application/vnd.oasis.opendocument.base odb
    application/vnd.oasis.opendocument.formula odf
    application/vnd.oasis.opendocument.graphics odg
    application/vnd.oasis.opendocument.presentation odp
    application/vnd.oasis.opendocument.presentation-template otp
    application/vnd.oasis.opendocument.spreadsheet ods
    application/vnd.oasis.opendocument.spreadsheet-template ots
    application/vnd.oasis.opendocument.text odt
    application/vnd.oasis.opendocument.text-template ott
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
    application/vnd.openxmlformats-officedocument.presentationml.template potx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
    application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
    application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
    application/vnd.visio vsd
    application/x-abiword abw
    application/x-dvi dvi
    application/x-gnumeric gnumeric
    application/x-latex latex
    application/x-mobipocket-ebook mobi
    application/x-texinfo texi texinfo
    # Archives and packages
    application/gzip gz tgz
    application/java-archive jar war ear
    application/octet-stream br img crx ipa pkg
    application/vnd.android.package-archive apk
    application/vnd.debian.binary-package deb
    application/vnd.microsoft.portable-executable exe dll
    application/vnd.ms-cab-compressed cab
    application/vnd.rar rar
    application/x-7z-compressed 7z
    application/x-apple-diskimage dmg
    application/x-bittorrent torrent
    application/x-bzip2 bz2
    application/x-cpio cpio
    application/x-iso9660-image iso
    application/x-lz4 lz4
    application/x-msi msi
    application/x-redhat-package-manager rpm
    application/x-tar tar
    application/x-xpinstall xpi
    application/x-xz xz
    application/zip zip
    application/zstd zst
    # Models
    application/vnd.ms-3mfdocument 3mf
    model/gltf+json gltf
    model/gltf-binary glb
    model/iges iges igs
    model/mtl mtl
    model/obj obj
    model/step step stp
    model/stl stl
    model/vnd.collada+xml dae
    model/vnd.usdz+zip usdz
    model/vrml wrl vrml
    model/x3d+xml x3d
    # Keys and mail
    application/mbox mbox
    application/octet-stream key db bin
    application/pgp-signature sig
    application/pkcs12 p12 pfx
    application/pkcs7-mime p7m
    application/pkcs7-signature p7s
    application/pkix-cert cer der
    application/pkix-crl crl
    application/vnd.sqlite3 sqlite sqlite3
    application/x-pem-file pem
    application/x-x509-ca-cert crt
    message/rfc822 eml
    text/plain asc
    """

  /// By extension in lower case, see `key`. Read once, at the first look-up.
  static let types: [UInt128: MediaType] = {
    var types: [UInt128: MediaType] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      // All text that we serve is taken to be UTF-8; without a charset browsers guess.
      let type = MediaType(
        wellFormed: words[0].hasPrefix("text/") ? "\(words[0]); charset=utf-8" : String(words[0]))
      for word in words.dropFirst() {
        let isNew = types.updateValue(type, forKey: key(Array(word.utf8).span)!) == nil
        precondition(isNew, "two media types for \(word)")
      }
    }
    return types
  }()

  /// An extension as a number, A to Z as a to z; nil if it is empty or longer than any known one.
  static func key(_ fileExtension: Span<UInt8>) -> UInt128? {
    guard (1...16).contains(fileExtension.count) else { return nil }
    var key: UInt128 = 0
    for index in fileExtension.indices { key = key << 8 | UInt128(fileExtension[index].lowercased) }
    return key
  }
}
