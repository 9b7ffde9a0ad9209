import AdminAPI
import Testing

/// What hub and `hubctl` know of an endpoint: its path with and without values, and its query both ways.
@Suite struct EndpointTests {
    @Test func template_HasThePlaceholdersInOrder() {
        #expect(
            GroupEndpoints.removeMember.path.segments == [
                .word("groups"), .parameter("name"), .word("devices"), .parameter("id"),
            ])
        #expect(GroupEndpoints.removeMember.path.base == "/admin/v1")
    }

    @Test(arguments: [
        ("lamp-1", "/admin/v1/devices/lamp-1/approve"), ("a/b c", "/admin/v1/devices/a%2Fb%20c/approve"),
        ("ü?", "/admin/v1/devices/%C3%BC%3F/approve"), ("%41", "/admin/v1/devices/%2541/approve"),
    ]) func valueInAPath_IsPercentEncoded(id: String, path: String) {
        #expect(DeviceEndpoints.approve(id, AdminApproval()).target == path)
    }

    @Test func severalValues_StandWhereTheyBelong() {
        let call = DeploymentEndpoints.log(InstallationPath(deployment: "d", device: "x/y"))
        #expect(call.target == "/admin/v1/deployments/d/devices/x%2Fy/log")
        #expect(call.method == .get)
    }

    /// Names of keys have slashes and number signs.
    @Test func nameOfAKey_StaysOneSegment() {
        let path = ProjectKeyPath(project: "p", kid: "project/p#2")
        let call = CoSignEndpoints.setKeyState(path, AdminState("suspended"))
        #expect(call.target == "/admin/v1/cosign/projects/p/keys/project%2Fp%232")
        #expect(call.method == .patch)
    }

    @Test func pathsOutsideTheBase_AreWholeAsWell() {
        #expect(MonitorEndpoints.health().target == "/healthz")
        #expect(CertificateEndpoints.revokeOldPath(AdminRevocation()).target == "/admin/revoke")
    }

    @Test func query_HoldsOnlyWhatIsSet_InOrderOfTheNames() {
        #expect(DeviceEndpoints.list().target == "/admin/v1/devices")
        #expect(DeviceEndpoints.list(query: DeviceQuery(state: "pending")).target == "/admin/v1/devices?state=pending")
        var query = ImportQuery()
        query.source = "a&b=c.csv"
        query.partial = true
        query.dryRun = true
        let target = SecretEndpoints.importFile(query: query).target
        #expect(target == "/admin/v1/secrets/import?dryRun=true&partial=true&source=a%26b%3Dc.csv")
    }

    @Test func query_IsReadAsItWasWritten() {
        var query = AdminAuditQuery(subject: "lamp-1", action: "device.", since: "15m")
        query.newerThan = NumberText(0)
        query.after = "17"
        query.limit = NumberText(1000)
        let values = query.values
        #expect(AdminAuditQuery(reading: { values[$0] }).values == values)
        #expect(values.count == 6)
    }

    @Test(arguments: [("true", true), ("1", false), ("TRUE", false), ("", false)])
    func flag_IsOnlyTrueByItsWord(text: String, isSet: Bool) {
        #expect(RetireQuery(reading: { $0 == "force" ? text : nil }).force == isSet)
    }

    @Test func whatIsNoNumber_IsKeptForTheRefusal() throws {
        let query = AdminAuditQuery { $0 == "limit" ? "ten" : nil }
        let limit = try #require(query.limit)
        #expect(limit.text == "ten" && limit.number == nil)
    }

    @Test func nextPage_KeepsTheRestOfTheQuery() {
        var call = DeviceEndpoints.list(query: DeviceQuery(state: "pending"))
        call.turn(to: "lamp 9", limit: 50)
        #expect(call.target == "/admin/v1/devices?after=lamp%209&limit=50&state=pending")
        call.turn(to: nil, limit: 50)
        #expect(call.target == "/admin/v1/devices?limit=50&state=pending")
    }
}
