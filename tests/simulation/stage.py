"""What the world and its people need of the life that they take part in."""

import random
from typing import Protocol

from ledger import PlanState
from oncourse.clock import VirtualClock
from tests.simulation.agenda import Agenda
from tests.simulation.faults import Faults
from tests.simulation.machine import Machine
from tests.simulation.people import Person
from tests.simulation.watching import Watch


class Stage(Protocol):
    """One life: its time, its chance, and the process that runs now."""

    accounts: tuple[str, ...]
    agenda: Agenda
    clock: VirtualClock
    drawn: random.Random
    faults: Faults
    machine: Machine
    """Built anew after each death: asked for each time, kept by nobody."""
    person: Person
    watch: Watch

    def saw(self, what: str) -> None:
        """Count what somebody did."""

    def notice(self, state: PlanState) -> None:
        """See what a plan waits for."""
