import AdminAPI

extension AdminMessage {
    private static let key =
        #"{"kid":"project/p#2","role":"cosigner","state":"active","pem":"k","changedAt":1,"changedBy":"u"}"#

    static let coSigning: [AdminMessage] = [
        AdminMessage(
            AdminProject.self,
            #""id":"p","deviceTypes":["k"],"approval":"auto","lifetimeSeconds":900,"requireRelease":true,"#
                + #""requireProjectSignature":false,"suspended":false,"coSignerReady":true,"trustVersion":2,"#
                + #""createdAt":1800000000,"keys":[\#(key)]"#),
        AdminMessage(AdminNamedKey.self, #""kid":"s","pem":"k""#, #""role":"server""#),
        AdminMessage(
            AdminNewProject.self, #""id":"p","projectKeys":[{"kid":"p","pem":"k"}]"#,
            #""recoveryKeys":[{"kid":"r","pem":"k"}],"recoveryThreshold":2,"rules":{"approval":"manual"},"#
                + #""coSignerKID":"project/p","coSignerPEM":"k","coSignerToken":"pkcs11:token=t""#),
        AdminMessage(
            AdminProjectRules.self, "",
            #""deviceTypes":["k"],"approval":"auto","lifetimeSeconds":900,"requireRelease":true,"#
                + #""requireProjectSignature":false"#),
        AdminMessage(AdminState.self, #""state":"withdrawn""#),
        AdminMessage(AdminSignedMessage.self, #""message":"{}""#),
        AdminMessage(
            AdminCoSignedRelease.self,
            #""id":"i","project":"p","stream":"os","seq":9007199254740991,"version":"2","state":"approved","#
                + #""sha256":"00","size":5368709120,"deviceTypes":["k"],"projectKey":"p","validUntil":1,"#
                + #""uploadedBy":"server s","createdAt":1800000000"#),
        AdminMessage(AdminBundle.self, #""audience":"group:lab","days":30"#),
    ]
}
