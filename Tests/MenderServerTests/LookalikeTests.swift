import Devices
internal import Encoding
import Foundation
import Issuing
import Journal
internal import People
import PKI
import Testing
import Updates
@testable import MenderServer

/// Devices whose IDs are one to Unicode and two by their bytes: the hub must not take one for the other.
@Suite(.timeLimit(.minutes(1))) struct LookalikeTests {
    private static let ids = ["SK-1", "S\u{212A}-1"]

    @Test func downloads_AndPolls_AreCountedApart() {
        let downloads = ActiveDownloads()
        let (one, other) = (ActiveDownloads.Download(), ActiveDownloads.Download())
        downloads.begin(one, of: Self.ids[0])
        downloads.begin(other, of: Self.ids[1])
        #expect(Self.ids.map(downloads.count(of:)) == [1, 1])
        downloads.end(one, of: Self.ids[1])
        #expect(Self.ids.map(downloads.count(of:)) == [1, 1], "it is not the other's")
        let limiter = RequestLimiter(perMinute: 1) { 1000 }
        #expect(Self.ids.map(limiter.refusal(for:)) == [nil, nil])
        #expect(Self.ids.map(limiter.refusal(for:)) == [60, 60])
    }
}
