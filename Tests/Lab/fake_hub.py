#!/usr/bin/env python3
"""A hub that is none: it approves every device under an invented signature.

usage: fake_hub.py CERTIFICATE KEY PORT        PEM files; serves the directory and the provisioning request of IDProv
"""
import base64
import http.server
import json
import ssl
import sys

certificate_file, key_file, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(certificate_file) as file:
    certificate = file.read()

DIRECTORY = {
    "endpoints": {
        "directory": "/idprov/directory",
        "status": "/idprov/status/{deviceID}",
        "postOobSecret": "/idprov/oobsecret",
        "postProvisionRequest": "/idprov/provreq",
    },
    "caCert": base64.b64encode(certificate.encode()).decode(),
    "version": "1",
    "services": {},
}
APPROVAL = {
    "retrySec": 3600,
    "status": "Approved",
    "caCert": certificate,
    "clientCert": certificate,
    "signature": base64.b64encode(bytes(32)).decode(),
}


class FakeHub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, document):
        body = json.dumps(document, separators=(",", ":")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(DIRECTORY)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(APPROVAL)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate_file, key_file)
server = http.server.ThreadingHTTPServer(("", port), FakeHub)
# The handshake belongs to the connection's thread: a silent client must not stop the others.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
