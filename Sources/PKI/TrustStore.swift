internal import COpenSSL

/// The authorities somebody believes, and the certificates that may lie between.
package struct TrustStore: Sendable, Equatable {
    /// What a certificate is used for.
    package enum Purpose: Sendable {
        case client, server
        /// Whatever it may be used for: a cross certificate of an authority.
        case any
    }

    package let roots: [Certificate]
    /// Certificates that may help, without being trusted.
    package let intermediates: [Certificate]

    /// Names what is believed.
    package init(roots: [Certificate], intermediates: [Certificate] = []) {
        self.roots = roots
        self.intermediates = intermediates
    }

    /// Verifies a chain as strictly as OpenSSL can (X509_V_FLAG_X509_STRICT).
    ///
    /// - Parameter at: moment of the check, Unix seconds.
    /// - Throws: ``PKIError/Step/verifyChain`` with OpenSSL's reason.
    package func verify(_ leaf: Certificate, purpose: Purpose, at moment: Int64) throws(PKIError) {
        let store = try unsafe Owned(X509_STORE_new(), .verifyChain) { unsafe X509_STORE_free($0) }
        for root in roots {
            let object = try Certificate.X509Object(der: root.der)
            guard unsafe X509_STORE_add_cert(store.pointer, object.pointer) == 1 else { throw PKIError(.verifyChain) }
        }
        let more = try unsafe Owned(shim_certificates_new(), .verifyChain) { unsafe shim_certificates_free($0) }
        for intermediate in intermediates {
            let object = try Certificate.X509Object(der: intermediate.der)
            guard unsafe shim_certificates_push(more.pointer, object.pointer) == 1 else { throw PKIError(.verifyChain) }
        }
        let own = try Certificate.X509Object(der: leaf.der)
        let context = try unsafe Owned(shim_store_context(store.pointer, own.pointer, more.pointer), .verifyChain) {
            unsafe X509_STORE_CTX_free($0)
        }
        let parameters = unsafe X509_STORE_CTX_get0_param(context.pointer)
        unsafe X509_VERIFY_PARAM_set_time(parameters, time_t(moment))
        // Partial chain: an issuing authority may be the trust anchor although an offline root is above it.
        _ = unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN))
        switch purpose {
        case .client: _ = unsafe X509_STORE_CTX_set_purpose(context.pointer, X509_PURPOSE_SSL_CLIENT)
        case .server: _ = unsafe X509_STORE_CTX_set_purpose(context.pointer, X509_PURPOSE_SSL_SERVER)
        case .any: break
        }
        guard unsafe X509_verify_cert(context.pointer) == 1 else {
            let code = unsafe X509_STORE_CTX_get_error(context.pointer)
            ERR_clear_error()
            throw PKIError(.verifyChain, reason: unsafe String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }
}
