import ApusCommand
import Testing

@Suite struct DurationArgumentTests {
  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("75s", .seconds(75)), ("2m", .seconds(120)),
    ("1h", .seconds(3600)),
    ("1m30s", .seconds(90)), ("0s", .zero), ("0", .zero), ("007s", .seconds(7)),
    ("1h1m1s1ms", .milliseconds(3_661_001)),
  ])
  func `a number and a unit is a time, and so are several`(text: String, expected: Duration) {
    #expect(DurationArgument(argument: text)?.duration == expected)
  }

  @Test(arguments: [
    "", "75", "00", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "5S", "5d", "5sec", "1e3s", "9999999999s",
    "٥s",
    "999999999h", "5s5",
  ])
  func `anything else is refused`(text: String) {
    #expect(DurationArgument(argument: text) == nil)
  }
}
