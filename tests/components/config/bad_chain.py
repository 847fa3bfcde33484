"""Bad values of what comes after the initialization, each with what its line has to say."""

from __future__ import annotations

from typing import Any

from tests.support.ssh import HOST_KEY, private_key

SUBNET = "subnet-0123456789abcdef"
STORE = {"kmsUserSecret": "kmsuser"}
CHAIN: dict[str, Any] = {"activation": {"mode": "manual"}, "hsms": {"count": 2}}
SSH: dict[str, Any] = {"activation": {"mode": "ssh"}, "sshPrivateKey": private_key()}
FILES = {"keyArn": "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"}

BAD_CHAIN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "key policy without statements": (
        {**CHAIN, "keyStore": {**STORE, "keyPolicy": "{}"}},
        ["cloudhsm:keyStore.keyPolicy", "Version and Statement"],
    ),
    "alias with a space": (
        {**CHAIN, "keyStore": {**STORE, "keyAlias": "my key"}},
        ["cloudhsm:keyStore.keyAlias", "'my key'", "letters, digits"],
    ),
    "alias of AWS": (
        {**CHAIN, "keyStore": {**STORE, "keyAlias": "aws/key"}},
        ["cloudhsm:keyStore.keyAlias", "'aws/key'", "not beginning aws/"],
    ),
    "secret name with a space": (
        {**CHAIN, "keyStore": {"kmsUserSecret": "my secret"}},
        ["cloudhsm:keyStore.kmsUserSecret", "'my secret'", "name or ARN"],
    ),
    "ARN of no secret": (
        {"activation": {"mode": "ssm", "adminSecret": "arn:aws:s3:::bucket"}},
        ["cloudhsm:activation.adminSecret", "'arn:aws:s3:::bucket'", "name or ARN"],
    ),
    "key store in one zone": (
        {**CHAIN, "network": {"availabilityZones": ["eu-central-1a"]}, "keyStore": STORE},
        ["cloudhsm:network.availabilityZones", "in one zone", "KMS needs two in two zones"],
    ),
    "key store in one subnet": (
        {
            **CHAIN,
            "network": {"availabilityZones": None, "subnetIds": [f"{SUBNET}0"]},
            "keyStore": STORE,
        },
        ["cloudhsm:network.subnetIds", f"{SUBNET}0", "in one zone"],
    ),
    "key store at places of one zone": (
        {
            **CHAIN,
            "hsms": {
                "places": [
                    {"zone": "eu-central-1a"},
                    {"zone": "eu-central-1a", "ip": "10.42.0.9"},
                ]
            },
            "keyStore": STORE,
        },
        ["cloudhsm:hsms.places", "['eu-central-1a', 'eu-central-1a']", "in one zone"],
    ),
    "address that AWS keeps": (
        {**CHAIN, "hsms": {"places": [{"zone": "eu-central-1a", "ip": "10.42.0.2"}]}},
        ["cloudhsm:hsms.places[0].ip", "'10.42.0.2'", "keeps the first four addresses"],
    ),
    "address outside of its subnet": (
        {**CHAIN, "hsms": {"places": [{"zone": "eu-central-1a", "ip": "10.99.0.9"}]}},
        ["cloudhsm:hsms.places[0].ip", "'10.99.0.9'", "its zone's subnet 10.42.0.0/20"],
    ),
    "more HSMs than a small subnet has addresses": (
        {**CHAIN, "network": {"vpcCidr": "10.42.0.0/24"}, "hsms": {"count": 28}},
        ["cloudhsm:hsms.count", "28", "/28", "no address left"],
    ),
    "instance id cut short": (
        {"activation": {"mode": "ssm"}, "client": {"instanceId": "i-0abc"}},
        ["cloudhsm:client.instanceId", "'i-0abc'", "i-0123456789abcdef0"],
    ),
    "instance of Graviton": (
        {"activation": {"mode": "ssm"}, "client": {"instanceType": "t4g.micro"}},
        ["cloudhsm:client.instanceType", "'t4g.micro'", "x86-64"],
    ),
    "instance type that is none": (
        {"activation": {"mode": "ssm"}, "client": {"instanceType": "large"}},
        ["cloudhsm:client.instanceType", "'large'", "t3.micro"],
    ),
    "host's subnet that is none": (
        {"activation": {"mode": "ssm"}, "client": {"subnetId": "vpc-1"}},
        ["cloudhsm:client.subnetId", "'vpc-1'", "subnet-0123456789abcdef0"],
    ),
    "package of HTTP": (
        {"activation": {"mode": "ssm"}, "client": {"cliPackage": "http://host/cli.rpm"}},
        ["cloudhsm:client.cliPackage", "'http://host/cli.rpm'", "https://"],
    ),
    "host key that is none": (
        {**SSH, "client": {"ssh": {"address": "host", "hostKey": "ssh-ed25519 AAAA"}}},
        ["cloudhsm:client.ssh.hostKey", "'ssh-ed25519 AAAA'", "public key"],
    ),
    "address with a user": (
        {**SSH, "client": {"ssh": {"address": "me@host", "hostKey": HOST_KEY}}},
        ["cloudhsm:client.ssh.address", "'me@host'", "without user or port"],
    ),
    "SSH port that is none": (
        {**SSH, "client": {"ssh": {"address": "host", "hostKey": HOST_KEY, "port": 70000}}},
        ["cloudhsm:client.ssh.port", "70000", "1 to 65535"],
    ),
    "file system of two zones in one subnet": (
        {
            "network": {"availabilityZones": None, "subnetIds": [f"{SUBNET}0", f"{SUBNET}1"]},
            "fileSystem": {**FILES, "deployment": "MULTI_AZ_1", "standbySubnetId": f"{SUBNET}0"},
        },
        ["cloudhsm:fileSystem.standbySubnetId", f"{SUBNET}0", "in another zone"],
    ),
    "file system of two zones for a cluster of one": (
        {
            "network": {"availabilityZones": ["eu-central-1a"]},
            "fileSystem": {**FILES, "deployment": "MULTI_AZ_1"},
        },
        ["cloudhsm:fileSystem.deployment", "'MULTI_AZ_1'", "two zones"],
    ),
    "route table that is none": (
        {"fileSystem": {**FILES, "deployment": "MULTI_AZ_1", "routeTableIds": ["main"]}},
        ["cloudhsm:fileSystem.routeTableIds[0]", "'main'", "rtb-0123456789abcdef0"],
    ),
    "route tables for one zone": (
        {"fileSystem": {**FILES, "routeTableIds": ["rtb-0123456789abcdef0"]}},
        ["cloudhsm:fileSystem.routeTableIds", "rtb-", "only MULTI_AZ writes routes"],
    ),
    "throughput that there is not": (
        {"fileSystem": {**FILES, "throughputMbps": 100}},
        ["cloudhsm:fileSystem.throughputMbps", "100", "128, 256"],
    ),
    "file system that is too small": (
        {"fileSystem": {**FILES, "capacityGib": 100}},
        ["cloudhsm:fileSystem.capacityGib", "100", "1024"],
    ),
}
