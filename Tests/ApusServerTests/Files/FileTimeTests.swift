import Apus
import ApusRing
import Testing

/// Modification times that no clock says, but a file system keeps: tmpfs takes any number of seconds.
@Suite struct FileTimeTests {
  @Test(arguments: [(Int64.min, true), (0, true), (999, false), (1000, false), (Int64.max, false)])
  func `a file is settled once its time is two seconds past, however far that is`(
    seconds: Int64, isSettled: Bool
  ) {
    let metadata = FileMetadata(
      size: 1, modifiedSeconds: seconds, modifiedNanoseconds: 0, changedSeconds: 0, changedNanoseconds: 0,
      device: 1,
      inode: 1, owner: 0, kind: .regular)
    #expect(FileFields.isSettled(metadata, unixSeconds: 1000) == isSettled)
  }
}
