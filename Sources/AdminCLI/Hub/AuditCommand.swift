internal import AdminAPI
internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show, check and prune the audit trail.",
        subcommands: [List.self, Verify.self, Prune.self])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List events, newest first.",
            discussion: """
                --action takes a prefix of the action: tunnel, device.approve. --since takes a time
                (2027-01-31T12:00:00Z), a day (2027-01-31, UTC) or a span before now (15m, 12h, 30d).

                Examples:
                  hubctl audit list --subject lamp-0001 --limit 20
                  hubctl audit list --action tunnel --since 15m --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only events about this device, certificate, service or user.") var subject: String?
        @Option(help: "Only actions with this prefix: a noun, or noun and verb.") var action: String?
        @Option(help: "Only events since then.") var since: String?
        @Option(help: "At most this many.") var limit = 100

        func work() async throws {
            let query = AdminAuditQuery(subject: subject, action: action, since: since)
            let events = try await connection.client().all(AuditEndpoints.list(query: query), limit: max(1, limit))
            try Output.show(events, json: connection.json) {
                Output.table(
                    ["NUMBER", "AT", "WHO", "FROM", "WHAT", "TO WHOM", "MORE"],
                    events.map {
                        [
                            "\($0.sequence)", $0.at, $0.requester, $0.address, $0.action, $0.subject,
                            $0.detail.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
                                "\($0.key)=\($0.value)"
                            }
                            .joined(separator: " "),
                        ]
                    },
                    empty: "no events")
            }
        }
    }

    struct Verify: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no event was altered or removed; exits with 1 if one was.",
            discussion: "Example:\n  hubctl audit verify")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let verdict = try await connection.client().call(AuditEndpoints.verify())
            try Output.show(verdict, json: connection.json) { verdict.findings.joined(separator: "\n") }
            guard verdict.isGood else {
                throw CommandFailure.failed(
                    "the audit trail is not intact; keep a copy of the state folder and look who had access")
            }
        }
    }

    struct Prune: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove old events from the start of the trail.",
            discussion: """
                --before takes a time (2027-01-31T12:00:00Z), a day (2027-01-31, UTC) or a span before now (90d). The
                trail can be verified afterwards as before; the pruning is recorded as an event. Nothing is removed from
                a trail that is not intact. Pruning stops at the first event that is not older, so events written while
                the clock was ahead may stay longer.

                Example:
                  hubctl audit list --since 400d --limit 1000000 --json > audit.json && hubctl audit prune --before 365d
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: ArgumentHelp("Only events older than this.", valueName: "time")) var before: String

        func work() async throws {
            let client = try connection.client()
            var sum = try await client.call(AuditEndpoints.prune(AdminAuditPrune(before: before)))
            while sum.hasMore {
                // The moment that was meant at first, not a span before a later now.
                let next = try await client.call(AuditEndpoints.prune(AdminAuditPrune(before: sum.before)))
                sum = AdminAuditPruned(
                    removed: sum.removed + next.removed, first: next.first, before: sum.before, hasMore: next.hasMore)
            }
            try Output.show(sum, json: connection.json) {
                "removed \(sum.removed) events older than \(sum.before); the trail begins with number \(sum.first)"
            }
        }
    }
}
