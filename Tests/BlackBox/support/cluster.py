"""Three nats-servers of deploy/nats-server/cluster.conf, joined through proxies, so that a node can be cut off."""

from pathlib import Path
from urllib.error import URLError

import nats

from .accounts import ACCESS, PASSWORDS, configurations_for_prefixes
from .processes import NATSServer, await_condition, free_port
from .proxy import Proxy

CLUSTER_PASSWORD = "cluster-password"

NAMES = ("n1", "n2", "n3")

# An election of the meta leader, on a machine that has other things to do.
ELECTION_SECONDS = 30


class Cluster:
    def __init__(self, directory: Path) -> None:
        ports = {name: free_port() for name in NAMES}
        # Each node reaches each other by a proxy that is theirs alone.
        self.proxies = {(a, b): Proxy(ports[b]) for a in NAMES for b in NAMES if a != b}
        self.nodes: dict[str, NATSServer] = {}
        self.access = ACCESS
        config = configurations_for_prefixes(directory) / "cluster.conf"
        for name in NAMES:
            routes = [
                f"nats://node:{CLUSTER_PASSWORD}@127.0.0.1:{self.proxies[name, other].port}" for other in NAMES if other != name
            ]
            (directory / name).mkdir(parents=True)
            self.nodes[name] = NATSServer(
                directory / name,
                config=config,
                # The others must not learn of a way around the proxies: what a node gives as its address leads nowhere.
                options=("--name", name, "--cluster_advertise", "127.0.0.1:1"),
                variables=PASSWORDS
                | {
                    "CLUSTER_LISTEN": f"127.0.0.1:{ports[name]}",
                    "CLUSTER_ROUTES": f"[{', '.join(routes)}]",
                    "CLUSTER_PASSWORD": CLUSTER_PASSWORD,
                },
                access=ACCESS,
            )

    def start(self) -> "Cluster":
        for node in self.nodes.values():
            node.start()
        self.await_health()
        return self

    def await_health(self, seconds: float = ELECTION_SECONDS) -> None:
        """Every node sees the meta leader and all others, and is up to date with what it has to hold."""
        await_condition(lambda: all(map(is_healthy, self.nodes.values())), seconds, "the cluster is healthy")

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes.values())

    def connect(self, **options):
        """A client that goes to another node when its own is lost."""
        return nats.connect([node.url for node in self.nodes.values()], **self.access.caller | options)

    def leader(self) -> NATSServer | None:
        """The ledger's, as the nodes tell it that can be asked; nothing while there is none."""
        for node in self.nodes.values():
            try:
                told = node.monitor("jsz?accounts=true&streams=true")
            except (URLError, OSError):
                continue
            for account in told.get("account_details", []):
                for stream in account.get("stream_detail", []):
                    if stream["name"] == "TOKEN_LEDGER" and (name := stream.get("cluster", {}).get("leader")):
                        return self.nodes[name]
        return None

    def cut_off(self, name: str) -> None:
        for ends, proxy in self.proxies.items():
            if name in ends:
                proxy.cut()

    def heal(self) -> None:
        for proxy in self.proxies.values():
            proxy.heal()

    def stop(self) -> None:
        self.heal()
        for node in self.nodes.values():
            node.stop()
        for proxy in self.proxies.values():
            proxy.close()


def is_healthy(node: NATSServer) -> bool:
    try:
        meta = node.monitor("jsz")["meta_cluster"]
        return meta.get("leader") is not None and meta["cluster_size"] == len(NAMES) and node.monitor("healthz")["status"] == "ok"
    except (URLError, OSError, KeyError):
        return False
