"""A client is made for each call, so it must be cheap."""

from __future__ import annotations

import pytest
from botocore.loaders import JSONFileLoader

from pulumi_cloudhsm.aws import session
from pulumi_cloudhsm.aws.session import AwsAccess, client


def test_the_model_of_a_service_is_read_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    read, files = JSONFileLoader.load_file, list[str]()

    def counted(self: JSONFileLoader, file_path: str) -> object:
        files.append(file_path)
        return read(self, file_path)

    session.models.cache_clear()
    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    for region in ("eu-central-1", "us-east-1", "eu-central-1"):
        client(AwsAccess(region), "cloudhsmv2")
    models = [one for one in files if "cloudhsmv2" in one and "service-2" in one]
    assert len([one for one in models if one.endswith("service-2")]) == 1
    assert len(files) == len(set(files)), "nothing is read twice"
