"""Config keys and the Args fields that they set; what a misspelled key was meant to be."""

from __future__ import annotations

import difflib
import re

from ..names import camel_case

NAMESPACE = "cloudhsm"
"""Namespace of this package's config keys."""
FLAT = {
    "clusterName": "name",
    "tags": "tags",
    "disposable": "protect",
    "caKeyPassphrase": "files.ca_key_passphrase",
    "sshPrivateKey": "client.ssh.private_key",
}
"""Keys that are no section, and the Args field that each sets."""
SECRETS = ("caKeyPassphrase", "sshPrivateKey")
"""Keys that are refused in plain text."""
_OTHERS = {"region": "aws:region", "account_id": "the account", "aws_access": "the aws: config"}
_ACCESS = "aws_access."
"""What the aws provider's own keys set."""
_UNPROTECTED = f"{NAMESPACE}:disposable true"
_SECTIONS = (
    "activation|backup_copies|client|cluster|file_system|files|hsms|identity|key_store|monitoring"
    "|network|restore|trust|waits"
)
FIELD = re.compile(rf"(?<![\w.:])(({_SECTIONS})(\.[a-z][a-z0-9_]*)+|protect=False)")
"""An Args field in a line of text."""


def key_of(field: str) -> str:
    """The full config key of an Args field's path.

    Args:
        field: for example `hsms.places[1].zone`.
    """
    if field in _OTHERS:
        return _OTHERS[field]
    if field.startswith(_ACCESS):
        return f"aws:{camel_case(field.removeprefix(_ACCESS))}"
    for key, of in FLAT.items():
        if field == of:
            return f"{NAMESPACE}:{key}"
    head, *rest = field.split(".")
    head = {"name": "clusterName", "protect": "disposable"}.get(head, head)
    return f"{NAMESPACE}:" + ".".join(camel_case(part) for part in (head, *rest))


def in_keys(line: str) -> str:
    """A line that names Args fields, with the config keys that set them instead."""

    def key(found: re.Match[str]) -> str:
        return _UNPROTECTED if found[0] == "protect=False" else key_of(found[0])

    return FIELD.sub(key, line)


def is_nearly_the_namespace(namespace: str) -> bool:
    """Whether a namespace is a misspelling of this package's."""
    close = difflib.SequenceMatcher(None, namespace.lower(), NAMESPACE).ratio() >= 0.8
    return close and namespace != NAMESPACE
