"""The evidence as one page for people: printable, self-contained, nothing secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from cryptography.x509 import Certificate

from ..x509.reading import fingerprint, iso, load_certificate

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem }
tr { border-bottom: 1px solid #888 }
th { width: 14rem; font-weight: 600 }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
:root { color-scheme: light dark }
@media print { body { margin: 0; font-size: 11pt } table { break-inside: avoid } }
"""


def page(record: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """The page.

    Args:
        record: what was recorded.
        files: the certificates, by name.
    """
    cluster, identity = record["cluster"], record["identity"]
    title = f"Trust anchor of {cluster['id']}"
    who = {
        "Cluster": f"{cluster['id']} in {cluster['region']}",
        "Stack": f"{record['stack']['project']} / {record['stack']['name']}",
        "First HSM": identity["hsm_id"],
        "CSR and certificates captured": identity["captured_at"],
        "Identity of the HSM": identity["verdict"],
        "Cluster initialized": record["initialization"]["initialized_at"],
        "CloudTrail": record["cloudtrail"],
        "Collected": f"{record['collected']['at']} by {record['collected']['by']}",
        "Versions": ", ".join(f"{name} {of}" for name, of in record["versions"].items()),
    }
    parts = [
        f"<h1>{escape(title)}</h1>",
        "<p>The cluster trusts the CA certificate below for as long as it exists. This page says "
        "how that came about. It proves nothing by itself: check the bundle with "
        "<code>python -m pulumi_cloudhsm.evidence verify</code>, or with <code>verify.sh</code> "
        "and openssl.</p>",
        _table(who),
        "<h2>Certificates</h2>",
        *(
            f"<h3>{escape(name)}</h3>{_table(dict(_described(content, name)))}"
            for name, content in sorted(files.items())
            if name.endswith(".crt")
        ),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _described(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    held: Certificate = load_certificate(content.decode(), name)
    yield "Subject", held.subject.rfc4514_string()
    yield "Issuer", held.issuer.rfc4514_string()
    yield "Valid", f"{iso(held.not_valid_before_utc)} to {iso(held.not_valid_after_utc)}"
    yield "SHA-256", fingerprint(held)


def _table(rows: Mapping[str, str]) -> str:
    lines = (
        f'<tr><th scope="row">{escape(key)}</th><td><code>{escape(str(value))}</code></td></tr>'
        for key, value in rows.items()
    )
    return f"<table>{''.join(lines)}</table>"
