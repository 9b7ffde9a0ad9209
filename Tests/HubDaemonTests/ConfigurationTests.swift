import Devices
import Foundation
import HubDaemon
import HubHTTP
import HubTestSupport
internal import JournalTestSupport
internal import Rooms
internal import Secrets
import Testing
import TunnelServer

@Suite struct ConfigurationTests {
    private static func load(
        _ arguments: [String] = [], environment: [String: String] = [:], file: String? = nil
    ) throws -> HubConfiguration {
        let folder = try TemporaryFolder()
        let path = file == nil ? nil : folder.path + "/hub.yaml"
        if let file, let path { try Data(file.utf8).write(to: URL(fileURLWithPath: path)) }
        return try ConfigurationLoader(arguments: arguments, environment: environment, file: path).load()
    }

    @Test func nothingGiven_MeansTheDefaults() throws {
        #expect(try Self.load() == HubConfiguration())
        #expect(try Self.load(file: "") == HubConfiguration())
        #expect(try Self.load(file: "# only a comment\n") == HubConfiguration())
    }

    @Test func commandLineWinsOverEnvironmentOverFile() throws {
        let file = "listen:\n  https: 127.0.0.1:1\nsite:\n  name: file\ndiscovery:\n  name: file\n"
        let environment = ["HUB_LISTEN_HTTPS": "127.0.0.1:2", "HUB_DISCOVERY_NAME": "environment"]
        let configuration = try Self.load(["--listen-https", "[::1]:3"], environment: environment, file: file)
        #expect(configuration.https == .tcp(host: "::1", port: 3))
        #expect(configuration.discoveryName == "environment")
        #expect(configuration.siteName == "file")
    }

    @Test func everyKindOfValueIsRead() throws {
        let configuration = try Self.load(
            ["--discovery-enabled", "false", "--secrets-validity-days=7"], environment: ["HUB_PENDING_TOTAL": "5"],
            file: "site:\n  hostNames: [a.example, b.example]\nlisten:\n  admin: 'off'\n")
        #expect(!configuration.discoveryEnabled)
        #expect(configuration.limits.secrets.secretValiditySeconds == 7 * 86_400)
        #expect(configuration.limits.devices.pendingTotal == 5)
        #expect(configuration.hostNames == ["a.example", "b.example"])
        #expect(configuration.admin == nil)
    }

    @Test(arguments: [
        ("listen:\n  htps: x\n", "listen.htps"), ("lsten: 1\n", "lsten"),
        ("listen:\n  https: nowhere\n", "listen.https"),
        ("discovery:\n  enabled: perhaps\n", "discovery.enabled"), ("pending:\n  total: 0\n", "pending.total"),
        ("updates:\n  url: http://h.example\n", "updates.url"),
        ("updates:\n  url: https://h.example/\n", "updates.url"),
        ("updates:\n  url: https://\n", "updates.url"), ("updates:\n  url: https://a@h.example\n", "updates.url"),
        ("updates:\n  url: 'https://h.example:70000'\n", "updates.url"),
        ("tunnel:\n  aloneTimeoutMilliseconds: 99\n", "tunnel.aloneTimeoutMilliseconds"),
        ("tunnel:\n  jsonRPCTimeoutMilliseconds: 3600001\n", "tunnel.jsonRPCTimeoutMilliseconds"),
        ("log:\n  level: loud\n", "log.level"), ("a: [\n", "no YAML"),
    ])
    func badFile_IsRefusedWithTheKey(file: String, names: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(file: file) }
        #expect(error?.description.contains(names) == true)
        #expect(ConfigurationLoader.problems(inFile: file).joined().contains(names))
    }

    @Test func hostNames_AreWhatCanStandInACertificate() throws {
        let names = "Hub.Example., hub.example, 192.0.2.7, 2001:DB8::0:7, [2001:db8::7], a.b"
        let configuration = try Self.load(environment: [
            "HUB_SITE_HOST_NAMES": names.replacingOccurrences(of: " ", with: "")
        ])
        #expect(configuration.hostNames == ["hub.example", "192.0.2.7", "2001:db8::7", "a.b"])
    }

    @Test(arguments: [
        (
            "HUB_SITE_HOST_NAMES", "m\u{FC}ller.example",
            "site.hostNames \"m\u{FC}ller.example\" is not ASCII; write xn--mller-kva.example"
        ),
        ("HUB_SITE_HOST_NAMES", "hub", "site.hostNames \"hub\" needs a dot"),
        ("HUB_SITE_HOST_NAMES", "a_b.example,1.2.3", "\"1.2.3\" ends with a number"),
        (
            "HUB_PKI_URL", "http://m\u{FC}ller.example:1",
            "pki.url \"http://m\u{FC}ller.example:1\" is not ASCII; write xn--mller-kva.example"
        ),
        ("HUB_PKI_URL", "http://hub.example/a b", "pki.url"), ("HUB_LISTEN_PKI", "m\u{FC}ller.example:1", "listen.pki"),
    ])
    func nameThatCanNotStandInACertificate_IsRefusedWithKeyAndValue(variable: String, value: String, line: String)
        throws
    {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(environment: [variable: value]) }
        #expect(error?.description.contains(line) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("HUB_LISTEN_HTPS", "did you mean HUB_LISTEN_HTTPS?"),
        ("HUB_SITE_HOSTNAMES", "did you mean HUB_SITE_HOST_NAMES?"),
        ("HUB_log_level", "did you mean HUB_LOG_LEVEL?"), ("HUB_WHATEVER_THIS_SHOULD_BE", "hubd --help lists them"),
        ("HUB_", "hubd --help lists them"),
    ])
    func strayVariable_IsRefusedWithTheNearestKey(name: String, advice: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(environment: [name: "x", "PATH": "/bin"])
        }
        #expect(error?.problems == ["environment: unknown key \(name); \(advice)"])
    }

    @Test func variablesOfOtherPrograms_AreLeftAlone() throws {
        let others = [
            "HUB_SOCKET", "HUB_URL", "HUB_CERT", "HUB_KEY", "HUB_CA", "HUB_AGENT_ID", "HUB_AGENT_WHATEVER", "HUBRIS",
            "hub_x",
        ]
        let environment = Dictionary(uniqueKeysWithValues: others.map { ($0, "x") })
        #expect(try Self.load(environment: environment) == HubConfiguration())
    }

    @Test func unknownKeyAndOption_NameTheNearest() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(["--lsten-https", "x"], file: "listen:\n  htps: x\n")
        }
        #expect(error?.description.contains("did you mean --listen-https?") == true)
        #expect(error?.description.contains("did you mean listen.https?") == true)
    }

    @Test func optionGivenTwice_IsCalledThat() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(["--pending-total", "1", "--pending-total=2", "--log-level", "loud"])
        }
        #expect(error?.problems.sorted().first == "command line: --pending-total is given twice")
        #expect(error?.problems.count == 2)
        #expect(throws: Never.self) {
            try Self.load(["--site-host-names", "a.example", "--site-host-names", "b.example"])
        }
    }

    @Test func everyProblemIsReported() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(["--nonsense", "1"], file: "x: 1\npending:\n  total: 0\n")
        }
        #expect(error?.problems.count == 3)
    }

    @Test func keysHaveUniqueNames() {
        #expect(Set(ConfigurationKey.all.map(\.name)).count == ConfigurationKey.all.count)
        #expect(ConfigurationKey.all.allSatisfy { $0.variable.hasPrefix("HUB_") && $0.option.hasPrefix("--") })
    }

    /// A name that the configuration library splits in another way would be accepted and do nothing.
    @Test(arguments: ConfigurationKey.all.map(\.name))
    func everyKey_IsTakenFromEnvironmentAndCommandLine(name: String) throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        let standard = key.show(HubConfiguration())
        let values = [
            "7", "true", "false", "a.example", "127.0.0.1:9", "/x", "error", "12h", "dns", "http://h.example:1",
            "192.0.2.0/24", "600", "60000", "https://h.example",
        ]
        for value in values {
            guard let option = try? key.show(Self.load([key.option, value])), option != standard else { continue }
            #expect(try key.show(Self.load(environment: [key.variable: value])) == option)
            return
        }
        Issue.record("\(key.option) changes nothing")
    }

    @Test(arguments: [
        "pkcs11:token=site", "pkcs11:object=ca", "pkcs11:token=site;object=ca?pin-value=1234",
        "pkcs11:token=site;object=ca;pin-value=1234", "pkcs11:token=site;object=ca?pin-source=relative",
    ])
    func unusableTokenURI_IsRefusedWithoutRepeatingIt(uri: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(["--ca-key", uri]) }
        #expect(error?.description.contains("ca.key") == true)
        #expect(error?.description.contains("1234") == false)
    }

    @Test func tunnelTimeLimits_AreTheServers() throws {
        var settings = TunnelSettings()
        settings.take(HubConfiguration().tunnels)
        #expect(settings.jsonRpcTimeout == .seconds(10) && settings.authenticationTimeout == .seconds(8))
        #expect(settings.inactiveTimeout == .seconds(8) && settings.aloneTimeout == .seconds(8))
        let limits = """
            tunnel:
              jsonRPCTimeoutMilliseconds: 101
              authenticationTimeoutMilliseconds: 102
              inactiveTimeoutMilliseconds: 103
              aloneTimeoutMilliseconds: 104
            """
        settings.take(try Self.load(file: limits).tunnels)
        #expect(settings.jsonRpcTimeout == .milliseconds(101))
        #expect(settings.authenticationTimeout == .milliseconds(102))
        #expect(settings.inactiveTimeout == .milliseconds(103))
        #expect(settings.aloneTimeout == .milliseconds(104))
    }
}
