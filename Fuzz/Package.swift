// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that only `make fuzz` builds with the fuzzer's instrumentation. The libraries are links into
// ../Sources: the parsers are compiled again here, instrumented, and their `package` declarations are
// reachable.

/// The rules of ../Package.swift.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .swiftLanguageMode(.v6),
    // Of two --sanitize options the compiler obeys one, so the parsers would run without coverage and the fuzzer blind:
    // both at once. Optimised, since speed is coverage; preconditions and overflow checks stay.
    .unsafeFlags(["-sanitize=fuzzer,address", "-O"]),
]

/// The default linker warns a thousand times about symbols of the sanitizer.
let quiet: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]

let package = Package(
    name: "latchkey-fuzz",
    targets: [
        .executableTarget(
            name: "FuzzArtifact", dependencies: ["Encoding", "Artifact", "PKI"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzBase64URL", dependencies: ["Encoding"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzCoSignClaims", dependencies: ["CoSigning", "Encoding", "PKI"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzCoSignMessage", dependencies: ["CoSigning", "Encoding"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzDeviceAuthentication", dependencies: ["Encoding", "PKI", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzDeviceLink", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzFirmware", dependencies: ["Artifact"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzIDProv", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzInventory", dependencies: ["Encoding", "Filters", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        // Its sources are links to the two files it reads with: the module they stand in needs a server.
        .executableTarget(name: "FuzzMultipart", swiftSettings: strict, linkerSettings: quiet),
        // Likewise; host names and device IDs are in libraries.
        .executableTarget(
            name: "FuzzNames", dependencies: ["Encoding", "PKI", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        // Likewise.
        .executableTarget(name: "FuzzNeighbours", swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzOCSP", dependencies: ["Encoding", "PKI"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzPairing", dependencies: ["Encoding", "PKI", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzPEM", dependencies: ["Encoding", "PKI"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzProtomsg", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzRequest", dependencies: ["Encoding", "PKI"], swiftSettings: strict, linkerSettings: quiet),
        // A link among its sources, like those of FuzzMultipart.
        .executableTarget(
            name: "FuzzSecretFile", dependencies: ["Encoding", "Rules", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzSharedSecret", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzSLIP", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzStrictJSON", dependencies: ["CoSigning", "Encoding"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(
            name: "FuzzPairs", dependencies: ["Encoding", "TunnelMachines", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzTunnel", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzWebSocket", dependencies: ["Encoding", "TunnelMachines", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .executableTarget(name: "FuzzTXT", dependencies: ["Encoding", "Wire"], swiftSettings: strict, linkerSettings: quiet),
        .target(name: "Artifact", dependencies: ["CArchive", "CZlib", "Encoding", "Files", "PKI", "Wire"], swiftSettings: strict),
        .target(name: "CoSigning", dependencies: ["Encoding", "PKI"], swiftSettings: strict),
        .target(name: "Files", swiftSettings: strict),
        .target(name: "Filters", dependencies: ["Encoding", "Wire"], swiftSettings: strict),
        .target(name: "PKI", dependencies: ["COpenSSL", "Encoding"], swiftSettings: strict),
        .target(name: "TunnelMachines", dependencies: ["Encoding", "Wire"], swiftSettings: strict),
        .target(name: "Rules", dependencies: ["Encoding"], swiftSettings: strict),
        .target(name: "Wire", dependencies: ["Encoding"], swiftSettings: strict),
        .target(name: "Encoding", swiftSettings: strict),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    ]
)
