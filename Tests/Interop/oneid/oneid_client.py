"""What the tutorial of oneID Connect does, with its own SDK, unchanged: a server has messages co-signed, a device verifies them.

usage: oneid_client.py FOLDER keys               makes the keys of project, server, administrator and device
       oneid_client.py FOLDER prepare FILE       a co-signed message about a file, on standard output
       oneid_client.py FOLDER verify FILE        checks the message on standard input, and the file by it
       oneid_client.py FOLDER device             a device's message, co-signed and verified by the server
       oneid_client.py FOLDER revoke KIND ID     the administrator revokes a `server` or an `edge_device`
The hub is ONEID_API_SERVER_BASE_URL, its certificate authority REQUESTS_CA_BUNDLE, its key FOLDER/cosigner.jwk. Exit code 3: the hub
answered with 403, which the SDK calls InvalidAuthentication; 4: the SDK rejects the message, or the file is another one.
"""
import collections
import collections.abc
import json
import pathlib
import sys
import types
import warnings
import zlib

warnings.simplefilter("ignore")
# The names that the SDK wants: one that current Python lacks, and a client of Amazon's storage that nothing here uses.
collections.Iterable = collections.abc.Iterable
for name in ("boto3", "botocore", "botocore.exceptions"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["botocore.exceptions"].ClientError = Exception
sys.modules["botocore"].exceptions = sys.modules["botocore.exceptions"]

from oneid import exceptions, keychain, service, session  # noqa: E402 - needs the names above

PROJECT = "5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10"
NAMES = {
    "project": PROJECT, "server": "9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01", "admin": "0f0e9c53-7a1b-4f0e-9c53-0f0f3a5d7a11",
    "device": "sensor-0001", "cosigner": "project/" + PROJECT,
}


def credentials(folder, role):
    """Keys of a role: the private one, but for the hub."""
    if role == "cosigner":
        pair = keychain.Keypair.from_jwk(json.loads((folder / "cosigner.jwk").read_text()))
    else:
        pair = keychain.Keypair.from_secret_pem(path=str(folder / (role + ".key")))
    pair.identity = NAMES[role]
    if role == "project":
        return keychain.ProjectCredentials(NAMES[role], pair, b"0" * 32)
    return keychain.Credentials(NAMES[role], pair)


def make_keys(folder):
    for role in ("project", "server", "admin", "device"):
        pair = service.create_secret_key(output=str(folder / (role + ".key")))
        pair.identity = NAMES[role]
        (folder / (role + ".pub")).write_bytes(pair.public_key_pem)
        (folder / (role + ".jwk")).write_text(json.dumps(pair.jwk_public))


def main():
    folder, command, rest = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if command == "keys":
        make_keys(folder)
        return
    project = credentials(folder, "project")
    if command == "revoke":
        admin = session.AdminSession(credentials(folder, "admin"), project)
        if rest[0] == "server":
            print(admin.revoke.server(server_id=rest[1]).decode())
        else:
            print(admin.revoke.edge_device(edge_device_id=rest[1]).decode())
        return
    cosigner = credentials(folder, "cosigner")
    if command == "prepare":
        server = session.ServerSession(credentials(folder, "server"), project, cosigner)
        content = pathlib.Path(rest[0]).read_bytes()
        message = server.prepare_message(download_url="http://example.com/firmware", checksum=zlib.crc32(content))
        print(message if isinstance(message, str) else message.decode())
    elif command == "verify":
        device = session.DeviceSession(credentials(folder, "device"), project, cosigner)
        claims = device.verify_message(sys.stdin.read().strip())
        if claims["checksum"] != zlib.crc32(pathlib.Path(rest[0]).read_bytes()):
            sys.exit(4)
        print(claims["download_url"])
    elif command == "device":
        device = session.DeviceSession(credentials(folder, "device"), project, cosigner)
        server = session.ServerSession(credentials(folder, "server"), project, cosigner)
        print(server.verify_message(device.prepare_message(temperature=21), credentials(folder, "device"))["temperature"])


try:
    main()
except exceptions.InvalidAuthentication:
    print("the hub refuses", file=sys.stderr)
    sys.exit(3)
except Exception as error:  # whatever the SDK says of a message that is not good
    print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
    sys.exit(4)
