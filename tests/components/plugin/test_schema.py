"""The committed schema is what the Args and outputs say, and no language gets less than Python."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from typing import Any

from tests.support.recording import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import package_reference as reference
import plugin_schema as tool

from pulumi_cloudhsm import CloudHsmDeploymentArgs
from pulumi_cloudhsm.common import SECRET_FIELDS
from pulumi_cloudhsm.names import camel_case
from pulumi_cloudhsm.trust.args import TrustMode

SCHEMA: dict[str, Any] = json.loads(tool.PAGE.read_text(encoding="utf-8"))
COMPONENT = SCHEMA["resources"]["cloudhsm:index:CloudHsmDeployment"]


def properties() -> dict[str, dict[str, Any]]:
    """Every input at any depth, by type and name."""
    found = {f"deployment.{name}": one for name, one in COMPONENT["inputProperties"].items()}
    for token, kind in SCHEMA["types"].items():
        for name, one in kind.get("properties", {}).items():
            found[f"{token.rpartition(':')[2]}.{name}"] = one
    return found


def test_the_file_is_current() -> None:
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), (
        "run .venv/bin/python tools/plugin_schema.py"
    )


def test_the_page_of_the_reference_is_current() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run .venv/bin/python tools/package_reference.py"
    )


def test_every_field_of_the_deployment_is_an_input() -> None:
    wanted = {camel_case(one.name) for one in fields(CloudHsmDeploymentArgs)}
    assert set(COMPONENT["inputProperties"]) == wanted


def test_every_type_that_is_named_is_there() -> None:
    text = json.dumps(SCHEMA)
    named = {one.partition('"')[0] for one in text.split('"#/types/')[1:]}
    assert named == set(SCHEMA["types"])


def test_every_input_and_output_says_what_it_is() -> None:
    everything = properties() | COMPONENT["properties"]
    assert [name for name, one in everything.items() if len(one["description"]) < 10] == []


def test_descriptions_name_no_python() -> None:
    python = ("None", "True", "False", "key_", "_args", "dataclass", "pulumi.Output")
    everything = properties() | COMPONENT["properties"]
    wrong = {
        f"{name}: {word}"
        for name, one in everything.items()
        for word in python
        if word in one["description"]
    }
    assert wrong == set()


def test_a_field_that_must_be_plain_is_plain_in_every_language() -> None:
    assert properties()["Trust.mode"].get("plain") is True
    assert "plain" not in properties()["Network.subnetIds"]
    assert "plain" not in properties()["Network.subnetIds"]["items"]


def test_secrets_are_marked() -> None:
    secret = {name.rpartition(".")[2] for name, one in properties().items() if one.get("secret")}
    assert secret == {camel_case(one) for one in SECRET_FIELDS} & {
        name.rpartition(".")[2] for name in properties()
    }
    assert secret >= {"caKeyPassphrase", "secretKey", "privateKey"}


def test_a_choice_lists_its_values() -> None:
    shown = [one["value"] for one in SCHEMA["types"]["cloudhsm:index:TrustMode"]["enum"]]
    assert shown == [one.value for one in TrustMode]


def test_only_what_has_no_default_is_required() -> None:
    assert COMPONENT["requiredInputs"] == ["network"]
    required = {
        token: one["required"] for token, one in SCHEMA["types"].items() if "required" in one
    }
    assert required["cloudhsm:index:Subject"] == ["commonName", "organization"]
    assert all("default" not in one for one in properties().values()), "the plugin applies them"
