"""What the README tells the reader to type is typed here."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import BINARY, CONFIGURATIONS, ROOT, NATSServer, Service, await_condition, environment, run

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


def exported(block: str, variables: dict[str, str]) -> dict[str, str]:
    """What the `export` lines of a block set in a reader's shell, which has `variables` already."""
    lines = [line for line in block.splitlines() if line.startswith("export ")]
    ran = subprocess.run(
        ["bash", "-euc", "\n".join([*lines, "env -0"])], env=environment(**variables), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    after = dict(line.split("=", 1) for line in ran.stdout.split("\0") if line)
    return {name: after[name] for name in re.findall(r"\b([A-Z_]+)=", "\n".join(lines))}


async def test_the_single_server_and_its_replica_run_as_they_are_exported(tmp_path: Path) -> None:
    of_server, of_replica = (block for block in blocks("bash") if "export " in block)
    passwords = exported(of_server, {})
    assert len(set(passwords.values())) == 4
    config = ROOT / re.search(r"--config (\S+)", of_server)[1]
    server = NATSServer(tmp_path, config=config, variables=passwords).start()
    variables = exported(of_replica, passwords)
    del variables["NATS_URL"]
    service = Service(server, tmp_path, ledger="jetstream")
    try:
        assert run("keys", "generate", "--keys", service.keys).returncode == 0
        service.start(**variables)
        async with service.connect(user="auth", password=passwords["AUTH_PASSWORD"]) as client:
            pair = await client.generate()
            assert (await client.blacklist(pair.refresh, pair.access)).code is None
        service.stop()
    finally:
        service.kill()
        server.stop()


def test_every_configuration_is_in_the_table() -> None:
    named = set(re.findall(r"^\| `(\w+\.conf)` \|", README, re.MULTILINE))
    assert named == {path.name for path in CONFIGURATIONS.iterdir()}
