"""What the README tells the reader to type is typed here."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support.accounts import AUTH_USER, server_with_accounts
from support.processes import BINARY, CONFIGURATIONS, NATS_SERVER, ROOT, NATSServer, Service
from support.processes import await_condition, environment, free_port, run

README = (ROOT / "README.md").read_text()

# Where Debian's golang-github-nats-io-go-nats-dev puts its source.
GO_PATH = Path("/usr/share/gocode")


def blocks(language: str) -> list[str]:
    # Every block is taken whole, whatever its language: the end of one must not pass for the beginning of another.
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def run_snippet(service: Service, *command: object, **variables: str) -> str:
    ran = subprocess.run(
        list(map(str, command)),
        env=environment(NATS_URL=service.server.url, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"valid\W+true", ran.stdout, re.IGNORECASE), ran.stdout
    assert re.search(r"id\W+42", ran.stdout), ran.stdout
    return ran.stdout


def test_the_python_snippet_works(service: Service, tmp_path: Path) -> None:
    (snippet,) = blocks("python")
    (tmp_path / "verify.py").write_text(snippet)
    shown = run_snippet(service, sys.executable, tmp_path / "verify.py")
    assert "'valid': False" in shown


def test_the_node_snippet_works(service: Service, tmp_path: Path) -> None:
    (snippet,) = blocks("javascript")
    (tmp_path / "verify.mjs").write_text(snippet)
    run_snippet(service, "node", tmp_path / "verify.mjs")


def test_the_node_snippet_logs_in_and_says_what_is_wrong(tmp_path: Path) -> None:
    (snippet,) = blocks("javascript")
    (tmp_path / "verify.mjs").write_text(snippet)
    server = server_with_accounts(tmp_path).start()
    try:
        for login, said in (
            (f"{AUTH_USER['user']}:{AUTH_USER['password']}", "503"),
            (f"{AUTH_USER['user']}:wrong", "Authorization Violation"),
        ):
            variables = environment(NATS_URL=f"nats://{login}@127.0.0.1:{server.port}")
            ran = subprocess.run(["node", tmp_path / "verify.mjs"], env=variables, capture_output=True, text=True, timeout=20)
            # Nobody serves there, and so 503 is as far as one comes who may log in.
            assert ran.returncode != 0 and said in ran.stderr, ran.stderr
    finally:
        server.stop()


def test_the_go_snippet_works(service: Service, tmp_path: Path) -> None:
    (snippet,) = blocks("go")
    (tmp_path / "main.go").write_text(snippet)
    cache = {"GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off", "GOPATH": str(GO_PATH)}
    run_snippet(service, "go", "run", tmp_path / "main.go", **cache)


def commands(block: str) -> list[list[str]]:
    """The lines that call the service, with what is optional."""
    lines = (line.split("#")[0].replace("[", "").replace("]", "") for line in block.splitlines())
    return [shlex.split(line) for line in lines if line.startswith("token-service ")]


SHELL_BLOCKS = [block for block in blocks("sh") if commands(block)]


@pytest.mark.parametrize("block", SHELL_BLOCKS, ids=lambda block: shlex.join(commands(block)[0]))
def test_the_commands_of_a_shell_block_work_in_their_order(nats_server, tmp_path: Path, block: str) -> None:
    variables = environment(NATS_URL=nats_server.url, TOKEN_SERVICE_SUBJECT_PREFIX="readme")
    serving: subprocess.Popen[bytes] | None = None
    log = tmp_path / "serve.log"
    try:
        for words in commands(block):
            command = [BINARY, *words[1:]]
            if words[1] == "serve":
                with open(log, "wb") as output:
                    serving = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=output, stderr=output)
                await_condition(lambda: b"serving" in log.read_bytes(), 10, "the service serves")
            else:
                ran = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=20)
                assert ran.returncode == 0, (words, ran.stderr)
    finally:
        if serving:
            serving.terminate()
            assert serving.wait(25) == 0


def test_the_two_commands_are_there_to_be_run() -> None:
    named = {word for block in blocks("sh") for word in re.findall(r"^\./\S+", block, re.MULTILINE)}
    assert named == {"./deploy/run", "./deploy/test"}
    assert all(os.access(ROOT / name, os.X_OK) for name in named)


def test_every_folder_of_the_map_is_there() -> None:
    (tree,) = [block for block in blocks("") if "Sources/" in block]
    parent = ""
    for line in tree.splitlines():
        # The names are in the first column; what is indented lies in the folder above.
        for folder in re.findall(r"(\w+)/", line[:22]):
            path = f"{parent}/{folder}" if line.startswith(" ") else folder
            parent = parent if line.startswith(" ") else folder
            assert (ROOT / path).is_dir(), path


# --- running it ------------------------------------------------------------------------------------------------------


async def test_the_single_server_and_its_replica_run_as_they_are_told_to(tmp_path: Path) -> None:
    (of_server, of_replica, of_caller, _) = (block for block in blocks("bash") if "secrets" in block)
    # What the lines start is found on the PATH.
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, target in (("nats-server", NATS_SERVER), ("token-service", BINARY), ("deploy", ROOT / "deploy")):
        (tmp_path / name if name == "deploy" else tools / name).symlink_to(shutil.which(str(target)) or target)
    port = free_port()
    address = f"nats://127.0.0.1:{port}"
    variables = environment(PATH=f"{tools}:{os.environ['PATH']}", TOKEN_SERVICE_LOOPS="1")
    of_server = of_server.replace("/var/lib/nats", f"{tmp_path} --addr 127.0.0.1 --port {port}")

    def shell(block: str, log: Path) -> subprocess.Popen[bytes]:
        with open(log, "wb") as output:
            return subprocess.Popen(
                ["bash", "-euc", block], cwd=tmp_path, env=variables, stdout=output, stderr=output, start_new_session=True
            )

    log = tmp_path / "log"
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(shell(of_server, tmp_path / "nats-server.log"))
        await_condition(lambda: accepts(port), 10, "nats-server listens")
        settings = tmp_path / "secrets/token-service.env"
        settings.write_text(settings.read_text().replace("nats://127.0.0.1:4222", address))
        assert run("keys", "generate", "--keys", tmp_path / "keys.jwks").returncode == 0
        running.append(shell(of_replica, log))
        await_condition(lambda: re.search(r"\] serving$", log.read_text(), re.MULTILINE) is not None, 10, "the service serves")
        called = subprocess.run(
            ["bash", "-euc", of_caller], cwd=tmp_path, env=variables | {"NATS_URL": address}, capture_output=True, text=True
        )
        assert set(json.loads(called.stdout)) == {"access_token", "refresh_token"}, called.stderr
    finally:
        # A shell may have started them without becoming them: all of its group, then.
        for process in reversed(running):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        await_condition(lambda: not accepts(port), 10, "nats-server has ended")


def test_a_node_of_the_cluster_takes_its_configuration(tmp_path: Path) -> None:
    (node,) = (block for block in blocks("bash") if "cluster.conf" in block)
    assert subprocess.run([ROOT / "deploy/passwords", tmp_path / "secrets"], capture_output=True).returncode == 0
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    # Looked at only: its addresses are of another machine.
    node = node.replace("exec nats-server", f"exec {NATS_SERVER} -t")
    ran = subprocess.run(["bash", "-euc", node], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert ran.returncode == 0 and "is valid" in ran.stderr, ran.stderr


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_passwords_are_made_once_for_both_sides(tmp_path: Path) -> None:
    made = [subprocess.run([ROOT / "deploy/passwords", tmp_path / "s"], capture_output=True, text=True) for _ in range(2)]
    assert [ended.returncode for ended in made] == [0, 1] and "left as it is" in made[1].stderr
    files = {path.name: path for path in (tmp_path / "s").iterdir()}
    assert set(files) == {"nats-server.env", "token-service.env"}
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    of_server, of_service = (
        dict(line.split("=", 1) for line in files[name].read_text().splitlines()) for name in sorted(files)
    )
    wanted = set(re.findall(r"password: \$(\w+)", "".join(path.read_text() for path in CONFIGURATIONS.iterdir())))
    assert set(of_server) == wanted and len(set(of_server.values())) == len(wanted)
    assert of_service["NATS_PASSWORD"] == of_server["TOKENS_PASSWORD"]
    assert of_service["TOKEN_SERVICE_LEDGER_NATS_PASSWORD"] == of_server["LEDGER_PASSWORD"]


def test_tls_as_it_is_told(tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server-key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", names, "-out", certificate, "-keyout", key),
        ],
        check=True,
        capture_output=True,
    )
    (block,) = blocks("conf")
    config = tmp_path / "nats-server.conf"
    config.write_text(f"jetstream {{}}\n{block}".replace("/etc/nats", str(tmp_path)))
    server = NATSServer(tmp_path, config=config).start()
    service = Service(server, tmp_path, ledger="jetstream", url=f"tls://localhost:{server.port}")
    try:
        assert run("keys", "generate", "--keys", service.keys).returncode == 0
        service.start(NATS_CA=str(certificate))
        for trust in ({"NATS_CA": str(certificate)}, {"SSL_CERT_FILE": str(certificate)}):
            called = run("call", "generate_tokens", '{"id":"42"}', NATS_URL=service.url, **trust)
            assert called.returncode == 0, called.stderr
        assert run("call", "generate_tokens", '{"id":"42"}', NATS_URL=service.url).returncode == 2
        service.stop()
    finally:
        service.kill()
        server.stop()


def test_every_setting_that_is_named_is_there() -> None:
    commands = [("serve",), ("call",), *((name, sub) for name, sub in (
        ("keys", "generate"), ("ledger", "status"), ("ledger", "list"), ("ledger", "verify")))]
    text = "".join(run(*command, "--help").stdout for command in commands)
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    # Of deploy/run, nats-server and the `nats` command line tool.
    others = {"--once", "--name", "--replicas"}
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose)) - others
    assert flags and [flag for flag in sorted(flags) if not re.search(rf"{flag}(?![\w-])", text)] == []
    variables = set(re.findall(r"\b(?:TOKEN_SERVICE|NATS)_[A-Z_]+\b", README))
    assert variables and [name for name in sorted(variables) if not re.search(rf"\b{name}\b", text.replace("\n", " "))] == []


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`\.?/?((?:deploy|Tests|Benchmarks|Sources)/[\w./-]+)", README))
    assert named and [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_configuration_is_in_the_table() -> None:
    named = set(re.findall(r"^\| `(\w+\.conf)` \|", README, re.MULTILINE))
    assert named == {path.name for path in CONFIGURATIONS.iterdir()}
