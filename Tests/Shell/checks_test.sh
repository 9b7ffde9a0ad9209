#!/usr/bin/env bash
# shellcheck disable=SC2016 # back quotes of Markdown are meant literally
# The checks of `make lint` find what they are for.
set -euo pipefail
. "$(dirname "$0")/cases.sh"

# --- check-imports, on a small package
package=$work/package
mkdir -p "$package"/Sources/{Wire,PKI,Store,Journal,hubctl} "$package"/Tests/{PKI,Store}Tests
manifest() { # dependencies of hubctl, and further ones of the tests of Store
    cat >"$package/Package.swift" <<EOF
// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "sample", targets: [
    .target(name: "Wire"), .target(name: "PKI"), .target(name: "Store", dependencies: ["PKI"]),
    .target(name: "Journal", dependencies: ["Store", "Wire"]), .executableTarget(name: "hubctl", dependencies: [$1]),
    .testTarget(name: "PKITests", dependencies: ["PKI"]), .testTarget(name: "StoreTests", dependencies: ["Store"${2:-}]),
])
EOF
}
source_of() { printf '%s\n' "$2" >"$package/Sources/$1/File.swift"; }
clean() {
    manifest '"Wire"'
    source_of Wire 'struct Message {}'
    source_of PKI 'package import FoundationEssentials'
    source_of Store 'internal import PKI'
    source_of Journal $'internal import Foundation\npackage import Store\ninternal import Wire'
    source_of hubctl '@preconcurrency internal import Wire'
    printf '@testable import PKI\nimport Testing\n' >"$package/Tests/PKITests/File.swift"
    printf 'import Store\nimport Testing\n' >"$package/Tests/StoreTests/File.swift"
}
imports() { "$root/scripts/check-imports" "$package"; }

clean
expect "a clean package passes" imports
source_of Journal 'package import PKI'
refuse "an import that is not declared" imports
clean && source_of Journal 'package import Store'
refuse "a declared dependency that no file imports" imports
names_where() { (imports || true) | grep -q '^Journal: no file imports Wire: remove it from .* in Package.swift$'; }
expect "and it says where to remove it" names_where
clean && manifest '"Store"'
refuse "a dependency into another column" imports
clean && manifest '"Wire"' ', "Journal"'
refuse "tests that link a module above theirs" imports
clean && source_of PKI 'package import struct Foundation.Data'
refuse "full Foundation in a small target" imports
clean && source_of Wire 'import FoundationEssentials'
refuse "any import in Wire" imports
clean && source_of Wire '@_spi(_Unicode) internal import Swift'
expect "but the standard library itself" imports
for line in 'var devices: [String: Int64] = [:]' 'private let downloads = Mutex<[String: [Download]]>([:])' 'var seen: Set<String> = []  // devices' \
    'for id in Set(deviceIDs) where isKnown(id) {}' 'guard pass.deviceID == deviceID else { return }' 'if name != token.deviceID { return }'; do
    clean && source_of PKI "$line"
    refuse "device IDs as texts: $line" imports
done
for line in 'var devices: [DeviceID: Int64] = [:]' 'guard DeviceID(pass.deviceID) == DeviceID(deviceID) else { return }' 'if pass.deviceID == nil { return }' \
    'if let owner { return owner == deviceID }  // bytes' '/// Whether one.deviceID == other.deviceID.'; do
    clean && source_of PKI "$line"
    expect "no such: $line" imports
done
mkdir -p "$package"/Sources/{AdminAPI/Endpoints,AdminServer}
echo '    static let show = AdminEndpoint<String, NoQuery>(.get, "devices/{id}")' >"$package/Sources/AdminAPI/Endpoints/File.swift"
for line in 'group.get("anything") {' 'let page = request.uri.queryParameters.get("page")' 'let path = "/devices/" + id' 'report: "admin/v1/x"'; do
    source_of AdminServer "$line"
    refuse "the admin API beside its values: $line" imports
done
source_of AdminServer 'let words = ["devices", "all"]'
expect "no such: a word" imports
source_of AdminServer 'guard issuer.isValid(certificate) else { return false }'
refuse "a server that judges a certificate" imports
rm -r "$package"/Sources/{AdminAPI,AdminServer}
clean && printf 'import Wire\n' >>"$package/Tests/PKITests/File.swift"
refuse "an undeclared import in a test" imports
clean && sed -i 's/.target(name: "PKI")/.target(name: "PKI"), .target(name: "Odd")/' "$package/Package.swift" && mkdir "$package/Sources/Odd"
touch "$package/Sources/Odd/File.swift"
refuse "a target without a place in the layers" imports

# --- check-docs, on a small checkout
checkout=$work/checkout
mkdir -p "$checkout/scripts" "$checkout/docs"
cp "$root/scripts/check-docs" "$checkout/scripts/"
readme() { printf '%s\n' "$@" >"$checkout/README.md"; }
documents() { "$checkout/scripts/check-docs" "$@"; }
echo '# Manual

## First steps' >"$checkout/docs/manual.md"

readme '# Sample' '[manual](docs/manual.md#first-steps) and `docs/manual.md`, [elsewhere](https://example.org/x)'
expect "good links pass" documents
readme '[manual](docs/other.md)'
refuse "a link to a missing file" documents
readme '[manual](docs/manual.md#last-steps)'
refuse "a link to a missing heading" documents
readme 'see `scripts/missing`'
refuse "a named file that is missing" documents
mkdir -p "$checkout/Tests"
printf '%s\n' 'struct SampleTests {' '    @Test func input_IsRefused() {}' '}' >"$checkout/Tests/SampleTests.swift"
readme 'see `SampleTests.input_IsRefused`'
expect "a named test that exists" documents
readme 'see `SampleTests.input_IsTaken`'
refuse "a named test that is missing" documents
readme 'see `OtherTests.input_IsRefused`'
refuse "a named suite that is missing" documents
readme 'see `scripts/missing`'
refuse "--commands without programs" documents --commands

# What Swift files cite.
readme '# Sample'
mkdir -p "$checkout/Sources/Wire" "$checkout/docs/protocols"
printf '%s\n' '# Part A. Meeting' '## A1. Idea' '## 7. Signature' '### 7.3 Status' >"$checkout/docs/protocols/sample.md"
swift() { printf '%s\n' "$@" >"$checkout/Sources/Wire/File.swift"; }
swift '/// A form (docs/protocols/sample.md 7.3): one line.' '/// Others (docs/protocols/sample.md section 7, 7.3' '/// and A1; docs/manual.md, "First' \
    '/// steps"), part A (docs/protocols/sample.md part A).' 'let text = "see docs/manual.md, \"First steps\" for 9"'
expect "citations that lead somewhere pass" documents
for line in '/// See docs/protocols/other.md 7.' '/// See docs/protocols/sample.md 7.4.' '/// See docs/protocols/sample.md 7 and 8.' '/// See docs/protocols/sample.md A1, B1.' \
    '/// See docs/manual.md, "Last steps".' '/// See spec/sample.' '/// See product.md 4.' 'let text = "docs/manual.md, \"Last steps\""' \
    "    // $(printf '%0115d' 0)"; do
    swift 'struct Sample {}' "$line"
    refuse "a citation: ${line:0:60}" documents
    expect "and says where" grep -q '^Sources/Wire/File.swift:2: ' <<<"$("$checkout/scripts/check-docs" || true)"
done
swift "    // $(printf '%0113d' 0)"
expect "a comment of 120 columns passes" documents

# Programs that describe themselves as the argument parser does.
mkdir -p "$checkout/.build/debug"
for program in hubctl oob hub-agent hubd; do
    cat >"$checkout/.build/debug/$program" <<'EOF'
#!/bin/sh
echo '{"command":{"commandName":"x","subcommands":[{"commandName":"device","subcommands":[{"commandName":"list",
  "arguments":[{"names":[{"kind":"long","name":"json"}]}]}]}]}}'
EOF
    chmod 755 "$checkout/.build/debug/$program"
done
readme '```sh' 'sudo X=1 hubctl device list --json | less   # comment hubctl nonsense' '```' '`hubctl device`, a `hubctl` and `oob --help`'
expect "commands that exist pass" documents --commands
readme '`hubctl device lust`'
refuse "a command that does not exist" documents --commands
readme '```sh' 'x | hubctl device list --jsin' '```'
refuse "an option that does not exist" documents --commands
