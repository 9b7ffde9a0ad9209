import AdminAPI

extension AdminMessage {
    private static let location = #""latitude":12.5,"longitude":-41.25,"at":"t""#

    static let health: [AdminMessage] = [
        AdminMessage(
            AdminDeviceReport.self, "",
            #""health":{"status":"ok","at":"t"},"location":{\#(location)},"#
                + #""locationFailure":{"code":"c","reason":"r","at":"t"},"#
                + #""networkInterface":{"name":"wlan0","kind":"wifi","at":"t"},"connectionTypes":["wifi"],"#
                + #""networkIdentities":[{"service":"s","identifier":"i"}]"#),
        AdminMessage(
            AdminHealthSummary.self, #""status":"warning","at":"t""#, #""concerns":{"cpu_usage_percent":83.5}"#),
        AdminMessage(AdminLocation.self, location, #""source":"fixed","accuracy":10"#),
        AdminMessage(AdminLocationFailure.self, #""code":"c","reason":"r","at":"t""#),
        AdminMessage(AdminNetworkInterface.self, #""name":"wlan0","kind":"wifi","at":"t""#),
        AdminMessage(
            AdminNetworkIdentity.self, #""service":"s","identifier":"i""#,
            #""instance":"wg0","details":{"ip":"10.0.0.2"}"#),
        AdminMessage(
            AdminDeviceHealth.self,
            #""deviceID":"d","metrics":{"a":1},"alarms":{"b":"c"},"checks":{"d":{"pass":true}},"metadata":{"e":"f"},"#
                + #""samples":[{"at":"t","metrics":{"a":1.5}}]"#,
            #""status":"ok","at":"t","timestamp":"t""#),
        AdminMessage(AdminHealthCheck.self, #""pass":false"#, #""note":"n""#),
        AdminMessage(AdminHealthSample.self, #""at":"t","metrics":{"a":1.5}"#),
        AdminMessage(
            AdminLogLine.self, #""number":9007199254740993,"at":"t","level":"info","message":"m""#,
            #""writtenAt":"t""#),
    ]
}
