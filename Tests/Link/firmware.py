"""Writes fwup's archives, docs/protocols/device-link.md section 18, so that tests have as many versions and sizes as they need."""
import base64
import hashlib
import pathlib
import random
import subprocess
import tempfile
import zipfile

UUID_SPACE = bytes.fromhex("2053dffbd51e4310b93b956da89f9f34")


def openssl(*arguments, input=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=input, capture_output=True, check=True).stdout


class Signer:
    """An Ed25519 key: `public` is what devices and the hub are given."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "firmware.key"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.path)
        self.public = base64.b64encode(openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-32:]).decode()

    def sign(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", file.name)


def uuid_of(meta):
    """The identity of an archive, from its inflated meta.conf."""
    raw = bytearray(hashlib.blake2b(UUID_SPACE + meta, digest_size=32).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Firmware:
    """One archive on disk. The resource does not compress, so that the file is as large as asked for."""

    def __init__(self, folder, version, signer=None, product="widget", platform="sim", architecture="x86_64", size=3000):
        self.version, self.product, self.platform, self.architecture = version, product, platform, architecture
        image = random.Random(f"{product} {version}").randbytes(size)
        digest = hashlib.blake2b(image, digest_size=32).hexdigest()
        meta = (f'meta-product="{product}"\nmeta-description=test\nmeta-version="{version}"\nmeta-author=me\nmeta-platform={platform}\n'
                f'meta-architecture={architecture}\nfile-resource "image" {{\nlength={size}\nblake2b-256={digest}\n}}\n'
                'task "upgrade" {\non-resource "image" {\nfunlist={2,raw_write,0}\n}\n}\n').encode()
        self.uuid = uuid_of(meta)
        self.path = pathlib.Path(folder) / f"{product}-{version}-{platform}.fw"
        with zipfile.ZipFile(self.path, "w") as archive:
            if signer is not None:
                self.add(archive, "meta.conf.ed25519", signer.sign(meta), zipfile.ZIP_STORED)
            self.add(archive, "meta.conf", meta)
            self.add(archive, "data/image", image)
        self.data = self.path.read_bytes()

    @staticmethod
    def add(archive, name, data, method=zipfile.ZIP_DEFLATED):
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr, member.compress_type = 3, 0o100644 << 16, method
        archive.writestr(member, data)

    @property
    def checksum(self):
        return hashlib.sha256(self.data).hexdigest().upper()

    @property
    def parts(self):
        return [hashlib.sha256(self.data[start:start + (1 << 20)]).hexdigest().upper() for start in range(0, len(self.data), 1 << 20)]
