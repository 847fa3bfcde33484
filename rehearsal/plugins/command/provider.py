"""The command provider: which resource types it has."""

from __future__ import annotations

from rehearsal.plugins.command.local import Command
from rehearsal.plugins.command.remote import RemoteCommand
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.process import before_end
from rehearsal.plugins.core.servicer import ProviderServicer


class CommandProvider(ProviderServicer):
    """Runs commands on this machine, or over SSH."""

    def __init__(self, engine_address: str = "") -> None:
        super().__init__(InstalledPackage("command"), [Command, RemoteCommand], engine_address)
        before_end(Command.end_all)
