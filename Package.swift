// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: see CONTRIBUTING.md.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .swiftLanguageMode(.v6),
]

/// Products of other packages, by the name their modules are imported under.
extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let deque = product(name: "DequeModule", package: "swift-collections")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioExtras = product(name: "NIOExtras", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams = product(name: "Yams", package: "Yams")
}

/// The hub, from the program down.
let hub: [Target] = [
    .executableTarget(name: "hubd", dependencies: ["HubDaemon", .argumentParser], swiftSettings: strict),
    .target(
        name: "HubDaemon",
        dependencies: [
            "AdminAPI", "Administration", "AdminServer", "Backup", "CoSignServer", "Devices", "Discovery", "Encoding",
            "ESTServer", "Files", "HubHTTP", "HubRuntime", "IDProvServer", "Issuing", "Journal", "LinkServer",
            "MenderServer", "PKI", "Presence", "Reach", "Releases", "RevocationServer", "Rooms", "SecretFolder",
            "Secrets",
            "Store", "Transport", "TunnelServer", "Updates", "Upkeep", "WebhookDelivery", "WebSockets", "Wire",
            .argumentParser, .configuration, .coreMetrics, .hummingbird, .logging, .metrics,
            .serviceLifecycle, .unixSignals, .yams,
        ], swiftSettings: strict),
    .target(
        name: "AdminServer",
        dependencies: [
            "AdminAPI", "Administration", "CoSigning", "Devices", "Encoding", "Filters", "HubHTTP", "Issuing",
            "Journal", "People", "PKI", "Presence", "Reach", "Releases", "Rules", "Secrets", "Updates", "WebSockets",
            "Wire", .httpTypes, .hummingbird, .nioCore,
        ], swiftSettings: strict),
    .target(
        name: "IDProvServer",
        dependencies: [
            "Devices", "Encoding", "HubHTTP", "Issuing", "Journal", "PKI", "Reach", "Secrets", "Wire", .httpTypes,
            .hummingbird, .metrics, .nioCore,
        ], swiftSettings: strict),
    .target(
        name: "ESTServer",
        dependencies: [
            "Devices", "Encoding", "HubHTTP", "Issuing", "Journal", "PKI", "Secrets", "Wire", .httpTypes,
            .hummingbird, .logging, .metrics, .nioCore,
        ], swiftSettings: strict),
    .target(
        name: "CoSignServer",
        dependencies: [
            "CoSigning", "Encoding", "Files", "HubHTTP", "Issuing", "Journal", "PKI", "Releases", "Updates", .httpTypes,
            .hummingbird, .nioCore,
        ],
        swiftSettings: strict),
    .target(
        name: "RevocationServer",
        dependencies: [
            "HubHTTP", "Issuing", "Encoding", "PKI", .httpTypes, .hummingbird, .metrics, .nioCore,
        ],
        swiftSettings: strict),
    .target(
        name: "MenderServer",
        dependencies: [
            "Devices", "Encoding", "Filters", "HubHTTP", "Issuing", "Journal", "People", "PKI", "Presence", "Releases",
            "Updates", "WebSockets", "Wire", .httpTypes, .hummingbird, .metrics, .nioCore,
        ], swiftSettings: strict),
    .target(
        name: "LinkServer",
        dependencies: [
            "Devices", "Encoding", "HubHTTP", "Journal", "PKI", "Presence", "Releases", "Updates", "WebSockets", "Wire",
            .httpTypes, .hummingbird, .logging, .nioCore, .serviceLifecycle,
        ], swiftSettings: strict),
    .target(
        name: "TunnelServer",
        dependencies: [
            "Encoding", "HubHTTP", "Journal", "PKI", "Reach", "Wire", .httpTypes, .hummingbird, .logging, .metrics,
            .nioCore, .nioHTTP1, .nioPosix, .serviceLifecycle,
        ], swiftSettings: strict),
    .target(
        name: "Administration",
        dependencies: [
            "Backup", "Devices", "Encoding", "Files", "HubRuntime", "Issuing", "Journal", "PKI", "Reach", "Secrets",
            "Store", "Wire",
        ],
        swiftSettings: strict),
    .target(
        name: "HubHTTP",
        dependencies: [
            "Encoding", "Files", "Journal", "PKI", "Store", "WebSockets", "Wire", .httpTypes,
            .hummingbird, .logging, .metrics, .nioCore, .nioExtras, .nioHTTP1, .nioHTTPTypesHTTP1, .nioPosix,
            .nioSSL, .nioTLS, .serviceLifecycle,
        ], swiftSettings: strict),
    .target(
        name: "SecretFolder",
        dependencies: [
            "Devices", "Encoding", "Files", "HubRuntime", "Journal", "Rules", "Secrets", "Wire", .logging,
            .serviceLifecycle,
        ],
        swiftSettings: strict),
    .target(
        name: "Upkeep",
        dependencies: [
            "Devices", "Encoding", "HubRuntime", "Issuing", "Journal", "PKI", "SecretFolder", "Secrets", "Updates",
            .logging, .metrics, .serviceLifecycle,
        ], swiftSettings: strict),
    .target(
        name: "WebhookDelivery",
        dependencies: [
            "Files", "HubRuntime", "Journal", "PKI", "Transport", "Wire", .logging, .serviceLifecycle,
        ], swiftSettings: strict),
    .target(
        name: "HubRuntime",
        dependencies: ["CMalloc", "Encoding", "Files", .coreMetrics, .logging, .serviceLifecycle],
        swiftSettings: strict),
    .target(
        name: "Issuing",
        dependencies: [
            "Devices", "Encoding", "Files", "Journal", "PKI", "Reach", "Secrets", "Store", "Wire",
        ],
        swiftSettings: strict),
    .target(
        name: "Updates",
        dependencies: [
            "Artifact", "Devices", "Encoding", "Files", "Filters", "Journal", "PKI", "Releases", "Rules", "Store",
            "Wire",
        ],
        swiftSettings: strict),
    .target(
        name: "Rooms", dependencies: ["Devices", "Journal", "People", "PKI", "Reach", "Releases", "Secrets", "Store"],
        swiftSettings: strict),
    .target(
        name: "Presence", dependencies: ["Encoding", "Journal", "Wire", .metrics], swiftSettings: strict),
    .target(
        name: "Releases", dependencies: ["CoSigning", "Devices", "Encoding", "Journal", "PKI", "Store"],
        swiftSettings: strict),
    .target(
        name: "Reach", dependencies: ["Devices", "Encoding", "Journal", "PKI", "Store", "Wire"],
        swiftSettings: strict),
    .target(
        name: "Devices",
        dependencies: ["Encoding", "Filters", "Journal", "PKI", "Secrets", "Store", "Wire"],
        swiftSettings: strict),
    .target(
        name: "Secrets",
        dependencies: [
            "Encoding", "Journal", "PKI", "Rules", "Store", "Wire",
        ],
        swiftSettings: strict),
    .target(
        name: "People", dependencies: ["Encoding", "Journal", "PKI", "Store"], swiftSettings: strict),
    .target(name: "Journal", dependencies: ["Encoding", "PKI", "Store", "Wire"], swiftSettings: strict),
]

/// Administration, from the programs down.
let administration: [Target] = [
    .executableTarget(name: "hubctl", dependencies: ["AdminCLI", .argumentParser], swiftSettings: strict),
    .executableTarget(name: "oob", dependencies: ["AdminCLI", .argumentParser], swiftSettings: strict),
    .target(
        name: "AdminCLI",
        dependencies: [
            "AdminAPI", "Artifact", "Backup", "CoSigning", "CQREncode", "Encoding", "Files", "Filters", "PKI",
            "Rules", "Transport", "TunnelClient", "WebSockets", "Wire", .argumentParser,
        ],
        swiftSettings: strict),
]

/// The device, from the program down.
let device: [Target] = [
    .executableTarget(name: "hub-agent", dependencies: ["AgentCLI", .argumentParser], swiftSettings: strict),
    .target(
        name: "AgentCLI", dependencies: ["DeviceClient", "Files", "Encoding", .argumentParser],
        swiftSettings: strict),
    .target(
        name: "DeviceClient",
        dependencies: [
            "CoSigning", "Discovery", "Encoding", "Files", "PKI", "Rules", "Transport", "TunnelClient", "Wire",
        ],
        swiftSettings: strict),
]

/// What hub, administrator and device share.
let shared: [Target] = [
    .target(
        name: "Transport", dependencies: ["PKI", "WebSockets", .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .nioTLS],
        swiftSettings: strict),
    .target(
        name: "WebSockets", dependencies: ["Encoding", "PKI", .nioCore, .nioWebSocket], swiftSettings: strict),
    .target(name: "AdminAPI", dependencies: ["Encoding"], swiftSettings: strict),
    .target(
        name: "TunnelClient",
        dependencies: ["Encoding", "PKI", "Transport", "Wire", .nioCore, .nioPosix, .nioSSL, .nioTLS],
        swiftSettings: strict),
    .target(name: "Discovery", dependencies: ["CAvahi"], swiftSettings: strict),
    .target(
        name: "Store", dependencies: ["CSQLite", "Files", "PKI", .deque, .grdb, .grdbSQLite], swiftSettings: strict),
    .target(name: "Backup", dependencies: ["Files", "PKI"], swiftSettings: strict),
    .target(
        name: "Artifact", dependencies: ["CArchive", "CZlib", "Files", "Encoding", "PKI", "Wire"],
        swiftSettings: strict),
    .target(name: "CoSigning", dependencies: ["Encoding", "PKI"], swiftSettings: strict),
    .target(name: "PKI", dependencies: ["COpenSSL", "Encoding"], swiftSettings: strict),
    .target(name: "Files", swiftSettings: strict),
    .target(name: "Filters", dependencies: ["Encoding", "Wire"], swiftSettings: strict),
    .target(name: "Wire", dependencies: ["Encoding"], swiftSettings: strict),
    .target(name: "Rules", dependencies: ["Encoding"], swiftSettings: strict),
    .target(name: "Encoding", swiftSettings: strict),

    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CAvahi", providers: [.apt(["libavahi-client-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CQREncode", providers: [.apt(["libqrencode-dev"])]),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
]

/// Tests.
let tests: [Target] = [
    .executableTarget(
        name: "conformance",
        dependencies: [
            "CoSigning", "Devices", "Encoding", "HubDaemon", "HubHTTP", "HubRuntime", "Issuing", "Journal", "PKI",
            "Releases", "Rooms", "Secrets",
            .argumentParser,
            .hummingbird,
            .logging,
        ],
        path: "Tests/Support/conformance",
        swiftSettings: strict),
    .executableTarget(
        name: "discovery-probe", dependencies: ["Discovery"], path: "Tests/Support/discovery-probe",
        swiftSettings: strict),
    .target(name: "BaseTestSupport", path: "Tests/Support/BaseTestSupport", swiftSettings: strict),
    .target(
        name: "HostilePeer", dependencies: ["PKI", .nioCore, .nioPosix, .nioSSL], path: "Tests/Support/HostilePeer",
        swiftSettings: strict),
    .target(
        name: "JournalTestSupport", dependencies: ["BaseTestSupport", "Journal", "PKI", "Store"],
        path: "Tests/Support/JournalTestSupport", swiftSettings: strict),
    .target(
        name: "SecretsTestSupport", dependencies: ["Journal", "JournalTestSupport", "PKI", "Secrets", "Store", "Wire"],
        path: "Tests/Support/SecretsTestSupport", swiftSettings: strict),
    .target(
        name: "RecordTestSupport",
        dependencies: [
            "Devices", "Journal", "JournalTestSupport", "People", "PKI", "Reach", "Rooms", "Secrets",
            "SecretsTestSupport", "Store",
        ],
        path: "Tests/Support/RecordTestSupport", swiftSettings: strict),
    .target(
        name: "IssuingTestSupport",
        dependencies: [
            "Encoding", "Files", "Issuing", "PKI", "RecordTestSupport", "JournalTestSupport", "Rooms",
            "Devices", "Journal", "Secrets", "Store", "Wire",
        ],
        path: "Tests/Support/IssuingTestSupport", swiftSettings: strict),
    .target(
        name: "UpdatesTestSupport",
        dependencies: [
            "Artifact", "Issuing", "IssuingTestSupport", "Journal", "RecordTestSupport", "JournalTestSupport", "Rooms",
            "Updates",
        ],
        path: "Tests/Support/UpdatesTestSupport", swiftSettings: strict),
    .target(
        name: "CoSignTestSupport", dependencies: ["CoSigning", "Encoding", "PKI"],
        path: "Tests/Support/CoSignTestSupport", swiftSettings: strict),
    .target(
        name: "RouteTestSupport",
        dependencies: [
            "Encoding", "HubHTTP", "Issuing", "IssuingTestSupport", "Journal", "PKI", "RecordTestSupport",
            "Rooms", "Wire",
            .httpTypes, .hummingbird, .logging, .nioCore, .nioEmbedded,
        ], path: "Tests/Support/RouteTestSupport", swiftSettings: strict),
    .target(
        name: "HubTestSupport",
        dependencies: [
            "HubDaemon", "HubHTTP", "HubRuntime", "Issuing", "IssuingTestSupport", "JournalTestSupport",
            "RecordTestSupport", "Rooms", "RouteTestSupport", .logging,
        ], path: "Tests/Support/HubTestSupport", swiftSettings: strict),
    .target(
        name: "ErrorSamples",
        dependencies: [
            "CoSigning", "Devices", "Encoding", "Issuing", "Journal", "People", "PKI", "Presence", "Reach", "Releases",
            "Secrets", "Updates", "Wire",
        ],
        path: "Tests/Support/ErrorSamples", swiftSettings: strict),
    // Without AdminServer and HubDaemon: no protocol needs them to say what an error is.
    .testTarget(
        name: "ErrorMappingTests",
        dependencies: [
            "Encoding", "ErrorSamples", "ESTServer", "Files", "HubHTTP", "IDProvServer", "IssuingTestSupport",
            "MenderServer", "PKI", "Presence", "RecordTestSupport", "RevocationServer", "Rooms",
            "Devices", "Journal", "People", "Reach", "Secrets", "Issuing", "Store", "TunnelServer",
            .httpTypes, .hummingbird, .logging, .nioCore, .nioEmbedded,
        ], swiftSettings: strict),
    .testTarget(
        name: "DeviceClientTests",
        dependencies: [
            "BaseTestSupport", "CoSigning", "DeviceClient", "Files", "HostilePeer", "Encoding", "PKI", "Wire",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "AgentCLITests", dependencies: ["AgentCLI", "DeviceClient", "Encoding", .argumentParser],
        swiftSettings: strict),
    .testTarget(name: "DiscoveryTests", dependencies: ["BaseTestSupport", "Discovery"], swiftSettings: strict),
    .testTarget(
        name: "TransportTests",
        dependencies: [
            "BaseTestSupport", "HostilePeer", "PKI", "Transport", "WebSockets", .nioCore, .nioEmbedded, .nioHTTP1,
            .nioTLS,
        ], swiftSettings: strict),
    .testTarget(
        name: "WebSocketsTests",
        dependencies: [
            "HostilePeer", "HubHTTP", "Transport", "WebSockets", .httpTypes, .hummingbird, .logging, .nioCore,
            .nioEmbedded, .nioPosix, .nioWebSocket, .serviceLifecycle,
        ], swiftSettings: strict),
    .testTarget(
        name: "HubHTTPTests",
        dependencies: [
            "Files", "HubHTTP", "Encoding", "Issuing", "IssuingTestSupport", "PKI", "JournalTestSupport", "Rooms",
            "SecretsTestSupport", "Journal", "Secrets",
            .httpTypes, .hummingbird, .logging, .nioCore, .nioEmbedded,
            .nioPosix,
            .serviceLifecycle,
        ], swiftSettings: strict),
    .testTarget(name: "AdminAPITests", dependencies: ["AdminAPI"], swiftSettings: strict),
    .testTarget(name: "EncodingTests", dependencies: ["BaseTestSupport", "Encoding"], swiftSettings: strict),
    .testTarget(name: "FilesTests", dependencies: ["BaseTestSupport", "Files"], swiftSettings: strict),
    .testTarget(name: "RulesTests", dependencies: ["Rules"], swiftSettings: strict),
    .testTarget(name: "SecretFolderTests", dependencies: ["SecretFolder"], swiftSettings: strict),
    .testTarget(
        name: "FiltersTests", dependencies: ["BaseTestSupport", "Encoding", "Filters", "Wire"], swiftSettings: strict),
    .testTarget(
        name: "WireTests", dependencies: ["BaseTestSupport", "Encoding", "Wire"], exclude: ["Vectors"],
        swiftSettings: strict),
    .testTarget(
        name: "PKITests", dependencies: ["BaseTestSupport", "Encoding", "PKI"], exclude: ["Vectors"],
        swiftSettings: strict),
    .testTarget(
        name: "CoSigningTests", dependencies: ["BaseTestSupport", "CoSigning", "Encoding", "PKI"],
        exclude: ["Vectors"], swiftSettings: strict),
    .testTarget(
        name: "AdministrationTests",
        dependencies: [
            "Administration", "Backup", "Devices", "Files", "HubRuntime", "Issuing", "IssuingTestSupport",
            "Journal", "JournalTestSupport", "PKI", "Reach", "RecordTestSupport", "Rooms", "Secrets",
            "SecretsTestSupport", "Wire",
        ], swiftSettings: strict),
    .testTarget(
        name: "AdminServerTests",
        dependencies: [
            "Rules",
            "AdminAPI", "Administration", "AdminServer", "Artifact", "Devices", "Encoding", "ErrorSamples",
            "HubHTTP", "Issuing", "IssuingTestSupport", "Journal", "People", "PKI", "Presence", "RecordTestSupport",
            "JournalTestSupport", "Rooms", "SecretsTestSupport",
            "RouteTestSupport", "Secrets", "Store", "Updates", "UpdatesTestSupport", "WebSockets", "Wire", .httpTypes,
            .hummingbird,
        ], exclude: ["Vectors"], swiftSettings: strict),
    .testTarget(
        name: "HubDaemonTests",
        dependencies: [
            "AdminAPI", "BaseTestSupport", "Encoding", "Files", "HostilePeer", "HubDaemon", "HubHTTP", "HubRuntime",
            "HubTestSupport", "Issuing", "IssuingTestSupport", "PKI", "Presence", "RecordTestSupport",
            "JournalTestSupport", "Rooms", "SecretsTestSupport", "Devices", "Journal",
            "People", "Reach", "Secrets",
            "RouteTestSupport", "SecretFolder", "Store", "Transport", "TunnelServer", "Updates", "Upkeep",
            "WebSockets", "WebhookDelivery", "Wire", .httpTypes, .hummingbird, .logging,
        ],
        exclude: ["older-state.tar.gz"], swiftSettings: strict),
    .testTarget(
        name: "JournalTests",
        dependencies: ["BaseTestSupport", "Encoding", "Journal", "JournalTestSupport", "PKI", "Store", "Wire"],
        swiftSettings: strict),
    .testTarget(
        name: "PeopleTests", dependencies: ["Journal", "JournalTestSupport", "People", "Store"],
        swiftSettings: strict),
    .testTarget(
        name: "SecretsTests",
        dependencies: [
            "BaseTestSupport", "Encoding", "Journal", "JournalTestSupport", "PKI", "Secrets", "SecretsTestSupport",
            "Store", "Wire",
        ], swiftSettings: strict),
    .testTarget(
        name: "DevicesTests",
        dependencies: [
            "BaseTestSupport", "Devices", "Encoding", "Filters", "Journal", "JournalTestSupport", "PKI", "Secrets",
            "SecretsTestSupport", "Store", "Wire",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "ReachTests",
        dependencies: [
            "BaseTestSupport", "Devices", "Encoding", "Journal", "JournalTestSupport", "PKI", "Reach", "Secrets",
            "Store", "Wire",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "ReleasesTests",
        dependencies: [
            "CoSigning", "CoSignTestSupport", "Devices", "Encoding", "Journal", "JournalTestSupport", "PKI",
            "Releases", "Secrets", "Store",
        ],
        swiftSettings: strict),
    .testTarget(
        name: "ESTServerTests",
        dependencies: [
            "BaseTestSupport", "Encoding", "ESTServer", "HubHTTP", "Issuing", "IssuingTestSupport", "PKI",
            "RecordTestSupport",
            "JournalTestSupport", "Rooms", "SecretsTestSupport",
            "Devices", "Journal", "Reach", "RouteTestSupport", .httpTypes,
            .hummingbird,
        ],
        swiftSettings: strict),
    .testTarget(
        name: "IssuingTests",
        dependencies: [
            "BaseTestSupport", "Encoding", "Files", "Issuing", "IssuingTestSupport", "PKI", "RecordTestSupport",
            "JournalTestSupport",
            "Rooms", "SecretsTestSupport", "Devices", "Journal",
            "People", "Reach", "Secrets", "Store",
            "Wire",
        ], swiftSettings: strict),
    .testTarget(
        name: "CoSignServerTests",
        dependencies: [
            "CoSigning", "CoSignServer", "CoSignTestSupport", "Devices", "Encoding", "HubHTTP", "Issuing",
            "IssuingTestSupport", "Journal", "JournalTestSupport", "PKI", "RecordTestSupport", "Releases", "Rooms",
            "RouteTestSupport", "SecretsTestSupport", "Store", "Updates", "UpdatesTestSupport", .httpTypes,
        ],
        swiftSettings: strict),
    .testTarget(
        name: "RevocationServerTests",
        dependencies: [
            "BaseTestSupport", "Encoding", "HubHTTP", "Issuing", "IssuingTestSupport", "PKI", "RecordTestSupport",
            "JournalTestSupport", "Rooms", "SecretsTestSupport", "Journal", "RevocationServer", "RouteTestSupport",
            .httpTypes,
        ], swiftSettings: strict),
    .testTarget(
        name: "MenderServerTests",
        dependencies: [
            "Artifact", "CoSigning", "CoSignTestSupport", "Encoding", "Filters", "HubHTTP", "Issuing",
            "IssuingTestSupport", "MenderServer", "PKI",
            "Presence",
            "RecordTestSupport", "JournalTestSupport", "Rooms", "SecretsTestSupport", "Devices", "Journal",
            "People", "Releases", "RouteTestSupport", "Store",
            "Updates", "UpdatesTestSupport", "Wire",
            .httpTypes, .hummingbird,
        ], swiftSettings: strict),
    .testTarget(
        name: "LinkServerTests",
        dependencies: [
            "Devices", "Encoding", "HubHTTP", "Issuing", "IssuingTestSupport", "Journal", "JournalTestSupport",
            "LinkServer", "PKI", "Presence", "RecordTestSupport", "Rooms", "RouteTestSupport", "SecretsTestSupport",
            "Store", "Updates", "UpdatesTestSupport", "Wire", .httpTypes, .hummingbird, .logging,
        ], swiftSettings: strict),
    .testTarget(
        name: "UpkeepTests",
        dependencies: [
            "Devices", "Issuing", "IssuingTestSupport", "Journal", "JournalTestSupport", "PKI",
            "RecordTestSupport", "Rooms", "SecretFolder", "Secrets", "SecretsTestSupport", "Updates",
            "UpdatesTestSupport", "Upkeep", "Wire", .logging,
        ], swiftSettings: strict),
    .testTarget(
        name: "PresenceTests", dependencies: ["Journal", "PKI", "Presence", "Store", "Wire"],
        swiftSettings: strict),
    .testTarget(
        name: "UpdatesTests",
        dependencies: [
            "BaseTestSupport", "Artifact", "Encoding", "Files", "Issuing", "PKI", "RecordTestSupport",
            "JournalTestSupport", "Rooms",
            "CoSigning", "CoSignTestSupport", "Devices", "Journal", "Releases", "Store", "Updates",
            "UpdatesTestSupport", "Wire",
        ], swiftSettings: strict),
    .testTarget(
        name: "ArtifactTests", dependencies: ["Artifact", "BaseTestSupport", "Encoding", "PKI"], exclude: ["Vectors"],
        swiftSettings: strict),
    .testTarget(
        name: "TunnelServerTests",
        dependencies: [
            "BaseTestSupport", "Devices", "Encoding", "HostilePeer", "HubHTTP", "Issuing", "IssuingTestSupport",
            "Journal", "JournalTestSupport", "PKI", "Reach", "RecordTestSupport", "Rooms",
            "RouteTestSupport", "SecretsTestSupport", "Store", "Transport", "TunnelClient",
            "TunnelServer", "Wire", .logging, .nioCore, .nioPosix, .nioSSL, .serviceLifecycle,
        ], swiftSettings: strict),
    .testTarget(name: "BackupTests", dependencies: ["Backup", "Files"], swiftSettings: strict),
    .testTarget(
        name: "AdminCLITests",
        dependencies: [
            "AdminAPI", "AdminCLI", "BaseTestSupport", "CoSigning", "Encoding", "Filters", "PKI", "Transport",
            "TunnelClient", "Wire", .argumentParser,
        ],
        swiftSettings: strict),
    // Runs the programs of this build; what the outside world judges is in Tests/Shell.
    .testTarget(
        name: "ProgramTests",
        dependencies: [
            "AdminAPI", "Artifact", "CoSigning", "Encoding", "HostilePeer", "JournalTestSupport", "PKI", "Transport",
        ],
        swiftSettings: strict),
    .testTarget(name: "HubRuntimeTests", dependencies: ["HubRuntime", .logging], swiftSettings: strict),
    .testTarget(
        name: "StoreTests", dependencies: ["BaseTestSupport", "Files", "PKI", "Store"], swiftSettings: strict),
    .testTarget(
        name: "IDProvServerTests",
        dependencies: [
            "Encoding", "ESTServer", "HubHTTP", "IDProvServer", "Issuing", "IssuingTestSupport", "PKI",
            "RecordTestSupport", "JournalTestSupport", "Rooms", "SecretsTestSupport", "Devices", "Journal",
            "Reach", "Secrets", "RouteTestSupport", "Wire",
            .httpTypes, .hummingbird,
        ],
        swiftSettings: strict),
]

let package = Package(
    name: "latchkey",
    products: [.library(name: "DeviceClient", targets: ["DeviceClient"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: ["YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: hub + administration + device + shared + tests
)
