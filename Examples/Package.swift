// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "latchkey-examples",
    dependencies: [.package(name: "latchkey", path: "..")],
    targets: [
        .executableTarget(
            name: "TenLineDevice", dependencies: [.product(name: "DeviceClient", package: "latchkey")])
    ]
)
