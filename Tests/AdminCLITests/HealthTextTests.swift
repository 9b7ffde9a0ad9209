import AdminAPI
import Encoding
import Testing

@testable import AdminCLI

/// Charts and tables of `hubctl device health`, and what `hubctl device show` says of it.
@Suite struct HealthTextTests {
    private static let end: Int64 = 1_900_022_400

    private static func sample(_ secondsAgo: Int64, _ metrics: [String: Double]) -> AdminHealthSample {
        AdminHealthSample(at: RFC3339.text(end - secondsAgo), metrics: metrics)
    }

    private static func chart(hours: Int64 = 168, columns: Int = 80, isUnicode: Bool = true) -> HealthChart {
        HealthChart(span: (end - hours * 3600)...end, columns: columns, isUnicode: isUnicode)
    }

    private static let cpu = HealthChart.subjects[0]

    @Test func chart_ShowsValuesInTheirPlaces() throws {
        let samples = [(7, 0.0), (6, 25), (5, 50), (4, 75), (3, 100)].map { days, value in
            Self.sample(Int64(days) * 86_400, ["cpu_usage_percent": value])
        }
        let lines = try #require(Self.chart(columns: 79).lines(Self.cpu, samples))
        #expect(lines[0] == "CPU %: now 100, 0 to 100")
        // Seventy columns for seven days: ten a day.
        #expect(
            Array(lines[1...4]) == [
                "    100 ┤                                        █",
                "        │                              █         █",
                "        │                    █         █         █",
                "      0 ┤▁         █         █         █         █",
            ])
        #expect(lines.count == 6 && lines[5].contains("└03-1"))
    }

    @Test(arguments: [20, 40, 80, 200]) func chart_FitsItsColumns(columns: Int) throws {
        let samples = (0...168).map { Self.sample(Int64($0) * 3600, ["cpu_usage_percent": Double($0 % 100)]) }
        for hours: Int64 in [1, 6, 24, 48, 168] {
            for isUnicode in [true, false] {
                let chart = Self.chart(hours: hours, columns: columns, isUnicode: isUnicode)
                let lines = try #require(chart.lines(Self.cpu, samples))
                #expect(lines.dropFirst().allSatisfy { $0.count <= columns })
                #expect(isUnicode || lines.allSatisfy { $0.allSatisfy(\.isASCII) })
            }
        }
    }

    @Test func chartOfAnHour_HasTimes() throws {
        let samples = (0..<60).map { Self.sample(Int64($0) * 60, ["cpu_usage_percent": 40]) }
        let lines = try #require(Self.chart(hours: 6, isUnicode: false).lines(Self.cpu, samples))
        #expect(lines.last?.contains(":00") == true && lines.last?.contains("'") == true)
        #expect(lines[4].contains("#") && lines[3].contains(".") && !lines[2].contains("."))
    }

    @Test func valuesBeyondTheScale_AreDrawnAtItsEnd() throws {
        let samples = [Self.sample(0, ["cpu_usage_percent": 250, "load_1min": -3])]
        let lines = try #require(Self.chart().lines(Self.cpu, samples))
        #expect(lines[1].hasPrefix("    500 ┤") && lines[3].hasSuffix("█"))
        #expect(Self.chart().lines(HealthChart.subjects[3], samples)?.last != nil)
        #expect(Self.chart().lines(HealthChart.subjects[1], samples) == nil, "it has no such metric")
        #expect(Self.chart().lines(Self.cpu, [Self.sample(-9999, ["cpu_usage_percent": 1])]) == nil)
    }

    @Test(
        arguments: [
            (0, 100, 100), (99.9, 100, 100), (0.3, nil, 0.5), (9.75, nil, 10), (1, nil, 1), (2.1, nil, 5),
            (51, nil, 100),
            (24684, nil, 50_000), (0, nil, 1), (120, 100, 200),
        ] as [(Double, Double?, Double)])
    func scale_EndsAtARoundNumber(high: Double, top: Double?, end: Double) {
        #expect(abs(HealthChart.top(high, top) - end) < end / 1000)
    }

    private static var health: AdminDeviceHealth {
        var health = AdminDeviceHealth(deviceID: "lamp")
        health.status = "warning"
        health.at = RFC3339.text(end)
        health.alarms = ["Hot": "too\u{1B}[2J hot"]
        health.checks = ["db": AdminHealthCheck(pass: false, note: "no answer")]
        health.samples = [sample(60, ["load_1min": 1]), sample(0, ["load_1min": 2.5, "x": 7])]
        return health
    }

    @Test func table_HasALineForEachMetric() {
        let text = HealthText.table(Self.health, metrics: [])
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("lamp is warning, reported "))
        #expect(lines[1] == "METRIC     LAST  LOWEST  MEAN  HIGHEST  SAMPLES")
        #expect(lines[2] == "load_1min  2.5   1       1.8   2.5      2" && lines[3].hasPrefix("x "))
        #expect(text.contains("failed   db    no answer") && text.contains("alarm    Hot   too?[2J hot"))
        #expect(!HealthText.table(Self.health, metrics: ["x"]).contains("load_1min"))
        let empty = HealthText.table(AdminDeviceHealth(deviceID: "lamp"), metrics: [])
        #expect(empty == "lamp has not reported its health yet\n\nno samples")
    }

    @Test func charts_AreThoseThatHaveSamples() {
        let text = HealthText.charts(Self.health, chart: Self.chart(), metrics: [])
        #expect(text.contains("load, 1 min: now 2.5, 1 to 2.5") && !text.contains("CPU") && !text.contains("\u{1B}"))
        #expect(HealthText.charts(Self.health, chart: Self.chart(), metrics: ["x"]).contains("x: now 7, 7 to 7"))
        let empty = HealthText.charts(AdminDeviceHealth(deviceID: "lamp"), chart: Self.chart(), metrics: [])
        #expect(empty.hasSuffix("no samples to draw"))
    }

    @Test func record_SaysWhatTheDeviceTold() {
        var device = AdminDevice(deviceID: "lamp", state: "approved", ou: "iotdevice", firstSeen: "t", lastSeen: "t")
        #expect(!DeviceCommand.text(device).contains("health"))
        var told = AdminDeviceReport()
        told.health = AdminHealthSummary(status: "unhealthy", at: "t1", concerns: ["mem_used_percent": 91.25])
        told.location = AdminLocation(latitude: 12.5, longitude: -41.25, at: "t2")
        told.location?.source = "fixed"
        told.location?.accuracy = 10
        told.locationFailure = AdminLocationFailure(code: "HTTP_ERROR", reason: "", at: "t3")
        told.networkInterface = AdminNetworkInterface(name: "wlan0", kind: "wifi", at: "t4")
        told.connectionTypes = ["wifi", "ethernet"]
        told.networkIdentities = [AdminNetworkIdentity(service: "iroh", identifier: "k")]
        device.reported = told
        let lines = DeviceCommand.text(device).split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        for line in [
            "health unhealthy (mem_used_percent 91.3), reported t1",
            "location 12.5, -41.25 (fixed, within 10 m), reported t2; can't tell since t3: HTTP_ERROR",
            "network interface wlan0 (wifi), reported t4", "connects by wifi, ethernet", "networks iroh k",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func logLines_AreOneEach_WhateverTheyHold() {
        var line = AdminLogLine(number: 1, at: "t1", level: "info", message: "a\nb\u{1B}[0m")
        #expect(DeviceCommand.Logs.text([line]) == "t1 info a?b?[0m")
        line.writtenAt = "t0"
        #expect(DeviceCommand.Logs.text([line, line]).split(separator: "\n").count == 2)
        #expect(DeviceCommand.Logs.text([]) == "no log lines")
    }
}
