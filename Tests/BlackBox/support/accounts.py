"""The users of deploy/nats-server/accounts.conf, with passwords for a test."""

import re
import shutil
from pathlib import Path

from .contract import OPERATIONS
from .processes import CONFIGURATIONS, Access, NATSServer

PASSWORDS = {
    "TOKENS_PASSWORD": "tokens-password",
    "LEDGER_PASSWORD": "ledger-password",
    "AUTH_PASSWORD": "auth-password",
    "APPS_PASSWORD": "apps-password",
}

REQUESTS_INBOX = "_INBOX_requests"
LEDGER_INBOX = "_INBOX_ledger"

# As nats-py takes them.
REQUESTS_USER = {"user": "token-service", "password": PASSWORDS["TOKENS_PASSWORD"], "inbox_prefix": REQUESTS_INBOX}
LEDGER_USER = {"user": "token-ledger", "password": PASSWORDS["LEDGER_PASSWORD"], "inbox_prefix": LEDGER_INBOX}
AUTH_USER = {"user": "auth", "password": PASSWORDS["AUTH_PASSWORD"]}
APP_USER = {"user": "app", "password": PASSWORDS["APPS_PASSWORD"]}

ACCESS = Access(
    caller=AUTH_USER,
    service={
        "NATS_USER": "token-service",
        "NATS_PASSWORD": PASSWORDS["TOKENS_PASSWORD"],
        "TOKEN_SERVICE_NATS_INBOX_PREFIX": REQUESTS_INBOX,
        "TOKEN_SERVICE_LEDGER_NATS_USER": "token-ledger",
        "TOKEN_SERVICE_LEDGER_NATS_PASSWORD": PASSWORDS["LEDGER_PASSWORD"],
        "TOKEN_SERVICE_LEDGER_NATS_INBOX_PREFIX": LEDGER_INBOX,
    },
)


def server_with_accounts(directory: Path) -> NATSServer:
    return NATSServer(directory, config=CONFIGURATIONS / "single.conf", variables=PASSWORDS, access=ACCESS)


def configurations_for_prefixes(directory: Path) -> Path:
    """The same, for replicas with a `--subject-prefix` of one word each: every operation's subject gets one more word."""
    copy = directory / "configurations"
    shutil.copytree(CONFIGURATIONS, copy)
    accounts = copy / "accounts.conf"
    accounts.write_text(re.sub(rf"\b({'|'.join((*OPERATIONS, 'get_jwks'))})\b", r"*.\1", accounts.read_text()))
    return copy
