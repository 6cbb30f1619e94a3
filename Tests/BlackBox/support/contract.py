"""The contract as its callers know it, written down a second time on purpose: the service embeds its own copy."""

OPERATIONS = ("generate_tokens", "verify_token", "refresh_tokens", "blacklist_tokens")

FIELDS = {
    "generate_tokens": ("id",),
    "verify_token": ("access_token",),
    "refresh_tokens": ("refresh_token",),
    "blacklist_tokens": ("refresh_token", "access_token"),
}

REQUIRED = {**FIELDS, "refresh_tokens": ()}

ERROR_BODY = {operation: b"{}" for operation in OPERATIONS} | {"verify_token": b'{"valid":false}'}

MAX_REQUEST_BYTES = 16 * 1024
MAX_ID_BYTES = 1_024
MAX_TOKEN_BYTES = 8 * 1024

REASONS = (
    "malformed",
    "unsupported_algorithm",
    "unknown_key",
    "bad_signature",
    "wrong_type",
    "wrong_issuer",
    "not_yet_valid",
    "expired",
    "revoked",
)

_PAIR = {"access_token": {"type": "string"}, "refresh_token": {"type": "string"}}

REQUEST_SCHEMA = {
    operation: {
        "type": "object",
        "properties": {name: {"type": "string"} for name in FIELDS[operation]},
        "required": list(REQUIRED[operation]),
        "additionalProperties": False,
    }
    for operation in OPERATIONS
}

REPLY_SCHEMA = {
    "generate_tokens": {"type": "object", "properties": _PAIR, "additionalProperties": False},
    "verify_token": {
        "type": "object",
        "properties": {
            "valid": {"type": "boolean"},
            "payload": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    },
    "refresh_tokens": {"type": "object", "properties": _PAIR},
    # The contract has no reply here; `{}` is an extension.
    "blacklist_tokens": {"type": "object", "additionalProperties": False},
}
