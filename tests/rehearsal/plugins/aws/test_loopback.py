import http.server
import threading

import pytest

from rehearsal.plugins.aws.core.connection import SERVICES, EndpointError, endpoints_from
from rehearsal.plugins.core.loopback import is_loopback
from tests.rehearsal.plugins.driver import RefusedError, running_plugin

LOOPBACK = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url", [LOOPBACK, "http://localhost:4566", "https://127.8.9.1", "http://[::1]:4566/"]
)
def test_loopback_is_loopback(url: str):
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://cloudhsmv2.us-east-1.amazonaws.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "http://127.0.0.1@example.com/",
        "http://example.com#127.0.0.1",
        "http://2130706433/",  # 127.0.0.1 to some, not to us
        "127.0.0.1:4566",
        "http://[::1",
        "file:///127.0.0.1",
        "",
    ],
)
def test_everything_else_is_not(url: str):
    assert not is_loopback(url)


def test_a_services_own_variable_wins_over_the_general_one():
    other = "http://127.0.0.1:99"
    found = endpoints_from({}, {"AWS_ENDPOINT_URL": LOOPBACK, "AWS_ENDPOINT_URL_EC2": other})
    assert found == {**dict.fromkeys(SERVICES, LOOPBACK), "ec2": other}


def test_the_providers_configuration_wins_over_the_environment():
    config = {"endpoints": [{"cloudhsmv2": "http://127.0.0.1:1"}]}
    assert endpoints_from(config, {"AWS_ENDPOINT_URL": LOOPBACK})["cloudhsmv2"].endswith(":1")


@pytest.mark.parametrize(
    ("config", "environment", "named"),
    [
        ({}, {}, "AWS_ENDPOINT_URL is not set"),
        ({}, {"AWS_ENDPOINT_URL": "https://ec2.amazonaws.com"}, "AWS_ENDPOINT_URL is"),
        (
            {},
            {"AWS_ENDPOINT_URL": LOOPBACK, "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"},
            "AWS_ENDPOINT_URL_S3 is",
        ),
        (
            {"endpoints": [{"ec2": "https://ec2.amazonaws.com"}]},
            {"AWS_ENDPOINT_URL": LOOPBACK},
            "aws:endpoints ec2 is",
        ),
    ],
)
def test_a_place_that_is_not_loopback_is_named(config: dict, environment: dict, named: str):
    with pytest.raises(EndpointError, match=named):
        endpoints_from(config, environment)


def test_configure_fails_in_one_line_whatever_credentials_the_shell_holds():
    environment = {
        "AWS_ENDPOINT_URL": "https://cloudhsmv2.us-east-1.amazonaws.com",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    }
    with running_plugin("aws", environment) as plugin, pytest.raises(RefusedError) as refused:
        plugin.configure(region="us-east-1")
    assert "not on this machine's loopback" in str(refused.value)
    assert "http://127.0.0.1:PORT" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nothing_is_called_before_configure_has_passed():
    with running_plugin("aws") as plugin:
        with pytest.raises(RefusedError, match="AWS_ENDPOINT_URL is not set"):
            plugin.configure(region="us-east-1")
        with pytest.raises(RefusedError, match="was not configured"):
            plugin.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})


class _Recorder(http.server.BaseHTTPRequestHandler):
    seen: list[str]

    def do_POST(self):
        type(self).seen.append(self.headers.get("Authorization", ""))
        body = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_CONNECT = do_POST  # noqa: N815 - the handler's own naming

    def log_message(self, format, *args):
        return


@pytest.fixture
def recorder():
    handler = type("Recorder", (_Recorder,), {"seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.seen
    server.shutdown()
    server.server_close()


def test_the_shells_credentials_and_proxies_are_not_used(recorder):
    url, seen = recorder
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "HTTP_PROXY": "http://127.0.0.1:1",  # nobody listens: a call through it would fail
        "http_proxy": "http://127.0.0.1:1",
        "NO_PROXY": "",
        "no_proxy": "",
    }
    with running_plugin("aws", environment) as plugin:
        plugin.configure(region="us-east-1")
        with pytest.raises(RefusedError, match="StatusCode: 403"):
            plugin.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert len(seen) == 1
    assert "Credential=rehearsal/" in seen[0]
