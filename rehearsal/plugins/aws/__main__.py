"""Started by the engine as the aws provider plugin."""

from rehearsal.plugins.core.process import run_plugin


def servicer(engine_address: str):  # noqa: ANN201 - see run_plugin
    """Make the provider's service."""
    from rehearsal.plugins.aws.provider import AwsProvider

    return AwsProvider(engine_address)


if __name__ == "__main__":
    run_plugin(servicer)
