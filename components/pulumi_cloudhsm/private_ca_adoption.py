"""Finding a private CA that an interrupted run left at AWS, so that none is made and billed twice.

As with clusters (see `adoption`), a CA carries a tag that names stack and component. Only one that
still waits for its certificate can be one that the state missed: every later step needs the state
to hold it already.
"""

from __future__ import annotations

from .aws.acmpca import PENDING, AcmPca, PrivateCa
from .aws.ownership import TAG
from .errors import StateError
from .waiter import Goal, Observation, Pace, Waiter

_THERE = (*PENDING, "ACTIVE", "DISABLED", "EXPIRED")


def left_behind(api: AcmPca, owner: str, waiter: Waiter | None, tempo: Pace) -> str | None:
    """The ARN of an unfinished CA of this owner; None where there is none to import.

    Args:
        api: AWS Private CA.
        owner: value of the tag.
        waiter: waits until a CA that AWS is still making can be used; None looks only.
        tempo: usual duration and deadline of that wait.

    Raises:
        StateError: several could be meant.
        CloudHsmError: AWS cannot be asked.
    """
    if not any(one.status in PENDING for one in api.authorities()):
        return None  # the usual case, with one call
    # Where there is a finished one besides, importing would make the engine give that one up.
    found = _one_of(api, owner, _THERE)
    if found is None or found.status not in PENDING:
        return None
    if found.status != "CREATING":
        return found.arn
    if waiter is None:
        return None  # a preview cannot import what AWS is still making

    def look() -> Observation[None]:
        return Observation(api.authority(found.arn).status, None)

    goal = Goal(
        f"private CA {found.arn}, left by an interrupted run,",
        "PENDING_CERTIFICATE",
        ("PENDING_CERTIFICATE",),
        ("FAILED", "DELETED"),
        "signing_deadline_seconds (cloudhsm:signingDeadlineSeconds)",
    )
    waiter.wait(goal, tempo, look)
    return found.arn


def refuse_a_second(api: AcmPca, owner: str) -> None:
    """Called at the last moment before a CA is created.

    Raises:
        StateError: the owner has one that the state does not hold.
    """
    found = _one_of(api, owner, _THERE)
    if found is not None:
        raise StateError(
            f"{found.arn} ({found.status}) already belongs to {owner}, but the stack's state does "
            "not hold it: restore the state (`pulumi stack import` of a backup), or name it "
            "(cloudhsm:privateCaArn); if it is to be given up, take its tag "
            f"{TAG} off (aws acm-pca untag-certificate-authority), as it is charged for until it "
            "is deleted"
        )


def _one_of(api: AcmPca, owner: str, states: tuple[str, ...]) -> PrivateCa | None:
    ours = [
        authority
        for authority in api.authorities()
        if authority.status in states and api.tags(authority.arn).get(TAG) == owner
    ]
    if len(ours) > 1:
        names = ", ".join(authority.arn for authority in ours)
        raise StateError(
            f"{len(ours)} private CAs carry the tag {TAG}={owner}: {names}; keep the one in "
            "`pulumi stack output issuerArn`, and delete the other (aws acm-pca "
            "delete-certificate-authority)"
        )
    return ours[0] if ours else None
