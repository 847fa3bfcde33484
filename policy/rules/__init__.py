"""The rules of the pack."""

from .hsms import BACKUP_RETENTION, FIPS_MODE, IN_TWO_ZONES
from .network import HSM_PORTS
from .operation import ALARMS, NO_CLIENT_HOST, TAGGED
from .protection import PROTECTED
from .storage import FILE_SYSTEM_BACKUPS, HSM_BACKED_KEY, KEY_DELETION
from .trust import CA_KEY, IDENTITY_VERIFICATION, TRUST_FILES

RULES = (
    PROTECTED,
    CA_KEY,
    IDENTITY_VERIFICATION,
    TRUST_FILES,
    FIPS_MODE,
    IN_TWO_ZONES,
    BACKUP_RETENTION,
    HSM_PORTS,
    KEY_DELETION,
    HSM_BACKED_KEY,
    FILE_SYSTEM_BACKUPS,
    NO_CLIENT_HOST,
    ALARMS,
    TAGGED,
)
"""Every rule, in the order of the documentation."""
