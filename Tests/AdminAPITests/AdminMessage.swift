import AdminAPI
import Foundation
import Testing

/// A message of the admin API with everything in it, and with no more than it must have. The names are interface:
/// scripts read them behind `--json`, and a hub and a `hubctl` of two releases speak to each other.
struct AdminMessage: Sendable, CustomTestStringConvertible {
    let name: String
    /// Every member.
    let full: String
    /// The members that must be there.
    let least: String
    /// Reads a message and writes what was read.
    let reread: @Sendable (Data) throws -> Data
    var testDescription: String { name }

    init<Value: Codable & SendableMetatype>(_ type: Value.Type, _ least: String, _ optional: String = "") {
        name = "\(type)"
        self.least = "{\(least)}"
        full = "{" + [least, optional].filter { !$0.isEmpty }.joined(separator: ",") + "}"
        reread = { try JSONEncoder().encode(JSONDecoder().decode(Value.self, from: $0)) }
    }

    private static let certificate = #""serial":"0a","commonName":"c","ou":"o","notBefore":"t1","notAfter":"t2""#
    private static let identity = #"{"id":"i","data":{"mac":"m"},"status":"accepted","keys":[]}"#

    private static let deviceUpdates =
        #""deviceID":"d","enabled":true,"mode":"automatic","mayManage":false,"attempts":["t"]"#
    private static let link =
        #""deviceID":"d","protocol":"nerveshub","address":"a","since":"t","abilities":["push"]"#
    private static let standing =
        #""concurrent":10,"product":"p","platform":"q","architecture":"a","versionRequirement":"~> 1.2","#
        + #""failures":3,"failureRate":{"attempts":5,"seconds":180},"penaltyMinutes":1440"#

    static let devices: [AdminMessage] = [
        AdminMessage(
            AdminDevice.self, #""deviceID":"d","state":"approved","ou":"o","firstSeen":"t1","lastSeen":"t2""#,
            #""deviceType":"k","address":"a","mac":"m","fingerprint":"f","otherKeys":1,"serial":"0a","notAfter":"t3","#
                + #""timesAsked":2,"identity":\#(identity),"idProblem":"p","#
                + #""inventory":[{"scope":"tags","name":"n","value":[1,2],"since":"t"}],"#
                + #""reported":{"connectionTypes":["wifi"]},"links":[{\#(link)}],"updates":{\#(deviceUpdates)}"#),
        AdminMessage(AdminApproval.self, "", #""secret":"s","validUntil":"t","fingerprint":"f""#),
        AdminMessage(
            AdminIdentity.self,
            #""id":"i","data":{"mac":"m"},"status":"pending","#
                + #""keys":[{"id":"k","fingerprint":"f","status":"pending","firstSeen":"t"}]"#, #""checkedInAt":"t""#),
        AdminMessage(AdminAcceptance.self, "", #""fingerprint":"f""#),
        AdminMessage(AdminPreauthorization.self, #""identity":"{}","publicKeyPEM":"p""#, #""force":true"#),
        AdminMessage(AdminAttribute.self, #""scope":"inventory","name":"n","value":"v","since":"t""#),
        AdminMessage(
            AdminSettings.self, #""deviceID":"d","configured":{"a":"b"},"reported":{"c":"d"}"#,
            #""deploymentID":"i","configuredAt":"t1","reportedAt":"t2""#),
        AdminMessage(AdminSettingsChange.self, "", #""set":{"a":"b"},"remove":["c"],"replace":true"#),
        AdminMessage(
            AdminDeviceUpdates.self, deviceUpdates,
            #""blockedUntil":"t","flight":{"state":"updating","changedAt":"t"}"#),
        AdminMessage(
            AdminFlight.self, #""state":"updating","changedAt":"t""#, #""deploymentID":"i","progress":3,"note":"n""#),
        AdminMessage(AdminUpdatesChange.self, "", #""enabled":true,"mode":"off","mayManage":true,"unblock":true"#),
        AdminMessage(AdminLink.self, link),
        AdminMessage(
            AdminLinkEvent.self,
            #""number":1,"event":"connected","deviceID":"d","protocol":"mender","address":"a","at":"t""#),
        AdminMessage(AdminScript.self, #""text":"t""#, #""timeoutSeconds":5"#),
        AdminMessage(
            AdminScriptResult.self, #""deviceID":"d","result":"completed","output":"o","value":"v""#, #""reason":"r""#),
        AdminMessage(AdminPush.self, #""artifact":"a""#),
        AdminMessage(AdminFailureRate.self, #""attempts":5,"seconds":180"#),
        AdminMessage(AdminSettingsDeploy.self, "", #""retries":3"#),
        AdminMessage(AdminGroup.self, #""name":"g""#, #""filter":["tags.a=b"],"members":4"#),
        AdminMessage(AdminGroupMembers.self, #""devices":["d"]"#),
        AdminMessage(AdminGroupMember.self, #""deviceID":"d""#, #""identityID":"i""#),
        AdminMessage(
            AdminSecret.self, #""deviceID":"d""#,
            #""secret":"s","record":{"salt":"00","iterations":1000,"w0":"01","l":"02"},"validUntil":"t","ou":"o","#
                + #""deviceType":"k","pairing":"any","tags":"a=b","note":"n","lockedUntil":"t","lockedAddresses":1,"#
                + #""replace":true"#),
        AdminMessage(
            AdminImportSummary.self,
            #""rows":7,"added":1,"replaced":2,"unchanged":3,"refused":1,"weak":4,"isStored":true,"#
                + #""refusals":[{"line":2,"column":"secret","reason":"r"}]"#,
            #""empty":5,"report":"p","reportFile":"f""#),
        AdminMessage(
            AdminPairingRequest.self, #""minutes":5"#, #""deviceType":"k","limit":2,"approve":true"#),
        AdminMessage(
            AdminPairing.self, #""isOpen":true,"isRequired":false"#,
            #""openedAt":"t1","closesAt":"t2","openedBy":"u","deviceType":"k","limit":2,"used":1,"approves":true"#),
    ]

    static let hub: [AdminMessage] = [
        AdminMessage(
            AdminStatus.self,
            #""version":"1","site":"s","startedAt":"t","listeners":{"https":"a"},"devices":{"approved":1},"secrets":2,"#
                + #""certificates":3,"authority":{\#(certificate)}"#,
            #""publishedName":"n","discoveryProblem":"p","time":"t","clockProblem":"c""#),
        AdminMessage(AdminFailure.self, #""error":{"code":"c","message":"m","hint":"h"}"#),
        AdminMessage(AdminVerdict.self, #""isGood":false,"findings":["f"]"#),
        AdminMessage(
            AdminCertificateView.self, certificate,
            #""revokedAt":"t","reason":"superseded","fingerprint":"f","pem":"p","subject":"CN=c""#),
        AdminMessage(
            AdminCertificateRequest.self, #""commonName":"c","ou":"admin","publicKeyPEM":"p""#,
            #""names":["n"],"validityDays":30"#),
        AdminMessage(
            AdminRevocation.self, "",
            #""serial":"0a","deviceID":"d","target":"t","certificatePEM":"p","reason":"superseded""#),
        AdminMessage(
            AdminAuthority.self, #""generation":2,"state":"current","certificate":{\#(certificate)}"#,
            #""lastEnd":"t","crl":"u""#),
        AdminMessage(AdminBackup.self, #""passphrase":"p""#, #""artifacts":true"#),
        AdminMessage(
            AdminAuditEvent.self,
            #""sequence":9007199254740993,"at":"t","requester":"r","address":"a","action":"x","subject":"s","#
                + #""detail":{"k":"v"}"#),
        AdminMessage(AdminAuditPrune.self, #""before":"30d""#),
        AdminMessage(AdminAuditPruned.self, #""removed":1,"first":2,"before":"t","hasMore":true"#),
        AdminMessage(AdminService.self, #""name":"n","url":"u""#, #""ou":"o""#),
        AdminMessage(AdminUser.self, #""name":"n""#, #""role":"viewer","password":"p","createdAt":"t""#),
        AdminMessage(
            AdminUserToken.self, #""name":"n""#,
            #""id":"i","expiresInSeconds":60,"createdAt":"t1","expiresAt":"t2","token":"x""#),
        AdminMessage(
            AdminWebhook.self, #""url":"u""#,
            #""id":"i","events":["alarm"],"secret":"s","authorityPEM":"p","allowHTTP":true,"createdAt":"t","queued":1,"#
                + #""failures":2,"nextTry":"t","lastDelivered":"t","lastError":"e""#),
        AdminMessage(AdminWebhookTest.self, #""isDelivered":false,"message":"m""#, #""error":"e""#),
        AdminMessage(
            AdminAlarm.self,
            #""id":1,"kind":"fakeHub","subject":"s","detail":"d","firstSeen":"t1","lastSeen":"t2","count":3"#,
            #""acknowledgedAt":"t","acknowledgedBy":"u","clearedAt":"t""#),
        AdminMessage(AdminPage<AdminService>.self, #""items":[{"name":"n","url":"u"}]"#, #""after":"n""#),
    ]

    static let updates: [AdminMessage] = [
        AdminMessage(
            AdminArtifact.self,
            #""id":"i","release":"r","description":"d","sha256":"00","size":5368709120,"modifiedAt":"t","#
                + #""deviceTypes":["k"],"depends":{"a":["b"]},"provides":{"c":"d"},"#
                + #""files":[{"name":"n","size":1,"sha256":"01","modifiedAt":"t"}],"scripts":["s"],"#
                + #""signature":"unsigned""#,
            #""clears":["c.*"],"type":"m","metaData":{"x":[1,"y",null]}"#),
        AdminMessage(AdminUploadBegin.self, "", #""sha256":"00","resume":true"#),
        AdminMessage(AdminUpload.self, #""id":"i","offset":5368709120"#),
        AdminMessage(AdminUploadFinish.self, "", #""description":"d","sha256":"00""#),
        AdminMessage(AdminPrune.self, #""keep":2"#, #""olderThanDays":30,"dryRun":true"#),
        AdminMessage(
            AdminNewDeployment.self, #""release":"r""#,
            #""name":"n","devices":["d"],"group":"g","filter":["tags.a=b"],"all":true,"startsAt":"t","#
                + #""phases":[{"percent":10,"startsAt":"t","deviceCount":1}],"#
                + #""stopRule":{"failurePercent":5,"afterDevices":10},"#
                + #""windows":[{"days":[1,7],"from":"02:00","to":"04:00"}],"#
                + #""retries":1,"deviceLimit":100,"force":true,"holdPoints":["install"],"#
                + standing),
        AdminMessage(
            AdminDeployment.self,
            #""id":"i","name":"n","release":"r","status":"paused","createdAt":"t1","startsAt":"t2","target":"group","#
                + #""counts":{"success":1},"totalSize":5368709120,"artifacts":["a"],"phases":[{}],"#
                + #""windows":[{"from":"02:00","to":"04:00"}],"retries":1,"force":false,"holdPoints":[]"#,
            #""pauseReason":"failures","finishedAt":"t","group":"g","filter":[{"scope":"tags"}],"deviceCount":2,"#
                + #""stopRule":{"failurePercent":5},"push":true,"# + standing),
        AdminMessage(
            AdminInstallation.self, #""deviceID":"d","state":"success","failedAttempts":1,"hasLog":true"#,
            #""substate":"s","deviceType":"k","artifactID":"a","startedAt":"t","finishedAt":"t","lateState":"failure","#
                + #""lateReports":2,"progress":40"#),
        AdminMessage(AdminRelease.self, #""point":"install""#),
        AdminMessage(
            AdminTunnelTokenRequest.self, #""device":"d""#, #""minutes":30,"scope":["server"],"user":"u""#),
        AdminMessage(
            AdminTunnelToken.self,
            #""id":"i","device":"d","user":"u","scope":["client"],"issuedAt":"t1","expiresAt":"t2","serverUuid":"x""#,
            #""token":"x""#),
        AdminMessage(
            AdminTunnel.self,
            #""id":1,"role":"joined","service":"proxy","transport":"TCP","address":"a","name":"n","uuid":"x","#
                + #""user":"u","connectedAt":"t","bytesIn":1,"bytesOut":2"#,
            #""device":"d","tokenID":"i","partner":2,"joinedAt":"t""#),
        AdminMessage(
            AdminTunnels.self,
            #""tunnels":[],"totalConnections":1,"totalTunnels":2,"totalBytes":3,"bytesPerSecond":4,"refused":5,"#
                + #""isDraining":true"#),
        AdminMessage(
            AdminTunnelOpening.self, #""device":"d""#, #""publicKeyPEM":"p","minutes":480,"renewedToken":"i""#),
        AdminMessage(
            AdminTunnelGrant.self,
            #""tokenID":"i","lifeSeconds":60,"token":"x","serverUuid":"u","authorityPEM":"p","#
                + #""proxyHost":"","proxyPort":1"#,
            #""certificatePEM":"p""#),
        AdminMessage(AdminTunnelsClosed.self, #""closed":3"#),
    ]
}
