import PKI
import Synchronization
import Testing
import Wire

@testable import DeviceClient

/// A device that met an impostor tells its own hub, once it has one.
@Suite(.timeLimit(.minutes(1))) struct ReportTests {
    @Test func impostorMetBeforeTheHub_IsReportedAfterwards_Once() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let impostor = try ScriptedHub { _, _ in .approve(secret: "guessed") }
        let hub = try ScriptedHub { _, number in .approve(secret: number == 0 ? ScriptedHub.secret : "") }
        try await impostor.run { fake async throws in
            try await hub.run { address async throws in
                let device = try Device.test(path, hubs: [fake, address])
                try await device.provision(secret: ScriptedHub.secret)
                #expect(hub.reports == [HubReport(kind: .fakeHub, detail: "\(fake) \(fake): wrongSignature")])
                #expect(impostor.reports.isEmpty)
            }
            try await hub.run(mutual: true) { address async throws in
                try await Device.test(path, hubs: [address]).renew()
                #expect(hub.reports.count == 1, "nothing new was met")
                try await Device.test(path, hubs: [fake, address]).renew()
                #expect(hub.reports.count == 2 && hub.reports[1].detail.contains("foreignAuthority"))
            }
        }
        #expect(impostor.reports.isEmpty)
    }

    @Test func hubThatKnowsNoReports_IsNotInTheWay() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let impostor = try ScriptedHub { _, _ in .approve(secret: "guessed") }
        // Its provisioning route takes the report for a broken request and hangs up.
        let hub = try ScriptedHub(knowsReports: false)
        try await impostor.run { fake async throws in
            try await hub.run { address async throws in
                try await Device.test(path, hubs: [fake, address]).provision(secret: ScriptedHub.secret)
            }
        }
        #expect(hub.reports.isEmpty && hub.requests.count == 1)
    }

    @Test func log_KeepsEightDifferentOnes_AndFitsIntoAReport() throws {
        var log = ForgeryLog()
        #expect(log.report == nil)
        for number in 0..<40 {
            let hub = HubCandidate(
                name: String(repeating: "e\u{301}", count: 500), host: "192.0.2.\(number / 2)", port: 1, path: "/")
            log.note(hub, .foreignAuthority)
        }
        let report = try #require(log.report)
        #expect(report.detail.split(separator: ";").count == 8)
        #expect(try HubReport(parsing: report.encoded()) == report)
        log.clear()
        #expect(log.report == nil)
    }
}
