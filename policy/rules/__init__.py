"""The rules of the pack."""

from .protection import PROTECTED
from .trust import IDENTITY_VERIFICATION

RULES = (PROTECTED, IDENTITY_VERIFICATION)
"""Every rule, in the order of the documentation."""
