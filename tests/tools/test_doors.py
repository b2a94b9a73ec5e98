"""The OMS's door between machines: both sides show a certificate of one authority, and in clear nobody gets through."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tools.doors import DoorError, dial, listen, place_of

_DAY = datetime.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: str, key: Key, issuer: str, signer: Key, *, authority: bool) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(here, critical=False)
        .sign(signer, hashes.SHA256())
    )


class Authority:
    """Signs a pair for whoever asks."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _certificate(name, self.key, name, self.key, authority=True)

    def pair(self, who: str) -> Path:
        """A folder as the address names it."""
        folder = self.folder / f"{self.name}-{who}"
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(who, key, self.name, self.key, authority=False)
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
        (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "ca.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "ours")


@pytest.fixture(scope="module")
def port(ours: Authority) -> Iterator[int]:
    """A door that answers health checks behind mutual TLS."""
    server = grpc.server(ThreadPoolExecutor(2))
    status = health.HealthServicer()
    status.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    bound = listen(server, f"mtls:127.0.0.1:0{ours.pair('oms')}")
    server.start()
    yield bound
    server.stop(None).wait()


def _answers(channel: grpc.Channel) -> bool:
    with channel:
        try:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError:
            return False
    return True


def test_a_process_with_a_pair_of_the_same_authority_is_heard(ours: Authority, port: int) -> None:
    assert _answers(dial(f"mtls:127.0.0.1:{port}{ours.pair('web')}"))


def test_nobody_else_is_heard(ours: Authority, port: int, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "theirs").pair("web")
    ours_known = tmp_path / "half"  # knows the door, and shows a certificate of somebody else
    ours_known.mkdir()
    for name, source in (("ca.pem", ours.pair("half")), ("key.pem", stranger), ("cert.pem", stranger)):
        (ours_known / name).write_bytes((source / name).read_bytes())
    assert not _answers(dial(f"mtls:127.0.0.1:{port}{stranger}"))
    assert not _answers(dial(f"mtls:127.0.0.1:{port}{ours_known}"))
    assert not _answers(dial(f"127.0.0.1:{port}"))  # in clear
    authority = (ours_known / "ca.pem").read_bytes()
    nameless = grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(authority))
    assert not _answers(nameless)  # without a certificate


@pytest.mark.parametrize(
    "address",
    ["oms.internal:50051", "0.0.0.0:50051", "mtls:oms.internal:50051", "mtls:/etc/tls", "mtls:oms/tls", "tcp:h:1", ""],
)
def test_a_token_never_travels_in_clear_between_machines(address: str) -> None:
    with pytest.raises(DoorError, match="expected unix:PATH, mtls:HOST:PORT/FOLDER"):
        dial(address)
    with pytest.raises(DoorError):
        listen(grpc.server(ThreadPoolExecutor(1)), address)


def test_a_folder_without_its_files_is_named_and_nothing_of_them_is_said(tmp_path: Path) -> None:
    with pytest.raises(DoorError, match=r"expected ca\.pem, key\.pem, cert\.pem in"):
        dial(f"mtls:127.0.0.1:1{tmp_path}")


@pytest.mark.parametrize("address", ["unix:/run/oms.sock", "127.0.0.1:50051", "localhost:1", "[::1]:1"])
def test_on_one_machine_it_is_as_before(address: str) -> None:
    assert place_of(address).folder is None
