"""One nap, and every way to go wrong that a program has; config chooses."""

import time

import pulumi
from napping import Nap, note_begin

config = pulumi.Config()
trouble = config.get("trouble")


def advise(args: pulumi.ErrorHookArgs) -> bool:
    """Say what to do, and let the failure be one."""
    pulumi.log.error(f"hook: {args.name} failed to {args.failed_operation}; close the window")
    return False


def awake(dream: str) -> str:
    """Fail in the middle of an apply, or not."""
    if trouble == "RunError in apply":
        raise pulumi.RunError("nap: the dream was bad; dream another one")
    return dream


if trouble == "RunError":
    raise pulumi.RunError("seconds: no nap is that long; take fewer")
if trouble == "bug":
    raise ZeroDivisionError("a bug of the program")
if trouble == "hang":
    note_begin()
    time.sleep(600)

hooks = pulumi.ResourceHookBinding(
    before_create=[lambda args: pulumi.log.info(f"hook: {args.name} goes to bed")],
    after_create=[lambda args: pulumi.log.info(f"hook: {args.name} woke up")],
    on_error=[pulumi.ErrorHook("advise", advise)],
)
nap = Nap(
    "nap",
    config.require_float("seconds"),
    fail=trouble == "failing create",
    opts=pulumi.ResourceOptions(hooks=hooks),
)
pulumi.export("dream", nap.dream.apply(awake))
pulumi.export("names", config.get_object("names"))
pulumi.export("nested", config.get_object("nested"))
pulumi.export("password", config.get_secret("password"))
