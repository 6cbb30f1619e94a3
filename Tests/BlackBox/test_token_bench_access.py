"""The load generator against a deployment as deployments are: TLS, and users who log in with a key of their own."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from support.fleet import generate_keys
from support.processes import Access, NATSServer, Service
from test_token_bench import bench, binary  # noqa: F401


class NKey:
    """A NATS key pair: base32 of a prefix, 32 bytes and a CRC-16."""

    USER, ACCOUNT, OPERATOR = 20 << 3, 0, 14 << 3

    def __init__(self, kind: int) -> None:
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        secret = self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.public = self.encoded(bytes([kind]) + public)
        self.seed = self.encoded(bytes([18 << 3 | kind >> 5, (kind & 31) << 3]) + secret)

    @staticmethod
    def encoded(raw: bytes) -> str:
        checksum = 0
        for byte in raw:
            checksum ^= byte << 8
            for _ in range(8):
                checksum = (checksum << 1 ^ 0x1021 if checksum & 0x8000 else checksum << 1) & 0xFFFF
        return base64.b32encode(raw + checksum.to_bytes(2, "little")).decode().rstrip("=")

    def issue(self, subject: "NKey", name: str, nats: dict) -> str:
        """A JWT as NATS has it."""

        def part(value: object) -> str:
            raw = value if isinstance(value, bytes) else json.dumps(value).encode()
            return base64.urlsafe_b64encode(raw).decode().rstrip("=")

        claims = {"jti": name, "iat": 1700000000, "iss": self.public, "sub": subject.public, "name": name}
        signed = f"{part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{part(claims | {'nats': nats | {'version': 2}})}"
        return f"{signed}.{part(self.key.sign(signed.encode()))}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate of it for server and client each."""
    directory = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    (directory / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl("req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", "2", "-extfile", "names", "-out", f"{name}.pem"),
        )
    return directory


def deployment(directory: Path, configuration: str, **service: str) -> Iterator[NATSServer]:
    """A server with this configuration, and a replica that gets in by these variables."""
    (directory / "server.conf").write_text(f'listen: "127.0.0.1:-1"\n{configuration}')
    server = NATSServer(directory, config=directory / "server.conf", access=Access(service=service)).start()
    generate_keys(directory)
    replica = Service(server, directory).start()
    yield server
    replica.stop()
    server.stop()


@pytest.fixture(scope="module")
def encrypted(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NATSServer, Path]]:
    """TLS with client certificates, and a user with an NKey."""
    directory = tmp_path_factory.mktemp("encrypted")
    user = NKey(NKey.USER)
    seed = directory / "user.nk"
    seed.write_text(user.seed + "\n")
    files = {name: certificates / name for name in ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")}
    tls = f'tls {{ cert_file: "{files["server.pem"]}", key_file: "{files["server.key"]}", ca_file: "{files["ca.pem"]}", verify: true }}'
    yield from (
        (server, seed)
        for server in deployment(
            directory,
            f"{tls}\nauthorization {{ users: [{{ nkey: {user.public} }}] }}\n",
            NATS_CA=str(files["ca.pem"]),
            NATS_CERT=str(files["client.pem"]),
            NATS_KEY=str(files["client.key"]),
            NATS_NKEY=str(seed),
            TOKEN_SERVICE_NATS_NKEY_PUBLIC=user.public,
        )
    )


MIX = ["verify", "--seconds", 0.5, "--warm-up", 0.1, "--hot-count", 20, "--count", 100, "--new", 10, "--forged", 10, "--json", "-"]


def assert_measured(made: subprocess.CompletedProcess[str]) -> None:
    assert made.returncode == 0, made.stderr
    (run,) = json.loads(made.stdout)["runs"]
    assert run["errors"] == 0 and run["replies"] > 100


@pytest.mark.parametrize("pace", [["--in-flight", 256], ["--in-flight", 256, "--connections", 4, "--threads", 2], ["--rate", 2000]])
def test_it_measures_through_tls_with_a_client_certificate_and_an_nkey(
    binary: str, certificates: Path, encrypted: tuple[NATSServer, Path], pace: list  # noqa: F811
) -> None:
    server, seed = encrypted
    trust = ["--nats-ca", certificates / "ca.pem", "--nats-cert", certificates / "client.pem"]
    key = ["--nats-key", certificates / "client.key", "--nats-nkey", seed]
    assert_measured(bench(binary, *MIX, *pace, "--against", server.url, *trust, *key))
    by_name = f"tls://localhost:{server.port}"
    assert_measured(bench(binary, *MIX, *pace, "--against", by_name, *trust, *key))


def test_it_tells_why_a_server_is_not_trusted_or_does_not_trust(
    binary: str, certificates: Path, encrypted: tuple[NATSServer, Path]  # noqa: F811
) -> None:
    server, seed = encrypted
    client = ["--nats-cert", certificates / "client.pem", "--nats-key", certificates / "client.key"]
    trust = ["--nats-ca", certificates / "ca.pem"]
    for arguments, words in [
        # The system's authorities are trusted then, and this is none of them.
        (["--nats-nkey", seed, *client], "TLS: "),
        (["--nats-nkey", seed, *client, *trust, "--nats-tls-hostname", "elsewhere"], "hostname mismatch"),
        (["--nats-nkey", seed, *client[2:], *trust], "--nats-cert"),
        ([*client, *trust], "Authorization Violation"),
    ]:
        made = bench(binary, "verify", "--against", server.url, *arguments)
        assert made.returncode == 2 and words in made.stderr, made.stderr


def test_it_measures_as_a_user_with_a_credentials_file(
    binary: str, tmp_path_factory: pytest.TempPathFactory  # noqa: F811
) -> None:
    directory = tmp_path_factory.mktemp("credentials")
    operator, account, user = NKey(NKey.OPERATOR), NKey(NKey.ACCOUNT), NKey(NKey.USER)
    limits = {"subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1, "wildcards": True}
    accounts = {account.public: operator.issue(account, "account", {"type": "account", "limits": limits})}
    token = account.issue(user, "user", {"type": "user", "subs": -1, "data": -1, "payload": -1})
    creds = directory / "user.creds"
    creds.write_text(
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )
    preload = "\n".join(f"  {name}: {jwt}" for name, jwt in accounts.items())
    configuration = (
        f"operator: {operator.issue(operator, 'operator', {'type': 'operator'})}\n"
        f"resolver: MEMORY\nresolver_preload: {{\n{preload}\n}}\n"
    )
    for server in deployment(directory, configuration, NATS_CREDS=str(creds)):
        assert_measured(bench(binary, *MIX, "--against", server.url, "--nats-creds", creds))
        refused = bench(binary, "verify", "--against", server.url)
        assert refused.returncode == 2 and "Authorization Violation" in refused.stderr
