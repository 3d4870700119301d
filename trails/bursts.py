"""
What the file system tells, gathered until it is quiet.

A save, a rename or a checkout is many events; only together do they say what happened. They are looked at once nothing
has been told of a known file for a settle time; what goes on for long is looked at in between as well.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

STORM = 1_000  # events in one burst; beyond, comparing all known files is cheaper than following each event
PATIENCE = 10  # settle times after which a burst that does not end is looked at all the same
RULES_NAME = ".gitignore"
FORBEARANCE = 4  # settle times for which files that appear are waited for: a slow checkout writes last what it moved


@dataclass(frozen=True, slots=True)
class Rename:
    """The file system gave `old` the name `new`."""

    old: str
    new: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Touched:
    """Something happened at this path."""

    path: str


@dataclass(frozen=True, slots=True)
class Appeared:
    """There is a file now where there was none: perhaps the new name of one that went."""

    path: str


@dataclass(frozen=True, slots=True)
class Left:
    """A folder went, with all that was in it."""

    path: str


Told = Rename | Touched | Appeared | Left


@dataclass(slots=True)
class Burst:
    """What was told since it was last quiet; only renames need their order."""

    renames: list[Rename] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    fresh: dict[str, None] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.renames) + len(self.touched) + len(self.left)

    def paths(self) -> set[str]:
        """Every path that was told of, of files and of folders."""
        return self.touched | self.left | {path for rename in self.renames for path in (rename.old, rename.new)}

    def without(self, is_elsewhere: Callable[[str], bool]) -> "Burst":
        """The same but for paths that are somebody else's; what moved there has left, what moved from there is new."""
        kept = Burst(fresh={path: None for path in self.fresh if not is_elsewhere(path)})
        kept.touched = {path for path in self.touched if not is_elsewhere(path)}
        kept.left = {path for path in self.left if not is_elsewhere(path)}
        for rename in self.renames:
            leaves, comes = is_elsewhere(rename.new), is_elsewhere(rename.old)
            if not leaves and not comes:
                kept.renames.append(rename)
            elif not comes:
                kept.add(Left(rename.old) if rename.is_folder else Touched(rename.old))
            elif not leaves:
                kept.add(Appeared(rename.new))
        return kept

    def changes_rules(self) -> bool:
        """Whether a file was told of that says what is ignored: others may be somebody's business from now on."""
        return any(path.rpartition("/")[2] == RULES_NAME for path in self.paths())

    def add(self, told: Told) -> None:
        match told:
            case Rename():
                self.renames.append(told)
                self.fresh[told.new] = None
            case Touched():
                self.touched.add(told.path)
            case Appeared():
                self.touched.add(told.path)
                self.fresh[told.path] = None
            case Left():
                self.left.add(told.path)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was gathered; `settled` says that it is over, `lost` that it is incomplete: more happened than was told."""

    burst: Burst
    settled: bool
    lost: bool


class Gathering:
    """Takes in events from any thread and hands them out in bursts to one."""

    def __init__(self, settle_s: float, monotonic: Callable[[], float]) -> None:
        self._settle_s = settle_s
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._burst, self._lost, self._stopped = Burst(), False, False
        self._first_at = self._last_at = self._fresh_at = monotonic()
        self._names: set[str] = set()

    def tell(self, told: Told) -> None:
        """Take in one event."""
        with self._changed:
            was_quiet = not self._has_burst()
            if len(self._burst) >= STORM:
                self._burst, self._lost = Burst(), True
            elif not self._lost:
                self._burst.add(told)
            self._note_time(was_quiet, self._lost or self._concerns(told))
            if isinstance(told, Appeared):
                self._fresh_at = self._monotonic()

    def tell_lost(self) -> None:
        """Take in that events were lost."""
        with self._changed:
            was_quiet = not self._has_burst()
            self._burst, self._lost = Burst(), True
            self._note_time(was_quiet, True)

    def expect(self, names: Collection[str]) -> None:
        """From now on a burst goes on while these paths are told of; others prolong it little or not at all."""
        with self._changed:
            self._names = set(names)

    def wait(self, until: float) -> bool:
        """Wait until a burst is due or, in a quiet time, until `until`; False when it is time to stop."""
        with self._changed:
            while not self._stopped:
                left = (self._due_at() if self._has_burst() else until) - self._monotonic()
                if left <= 0:
                    return True
                self._changed.wait(left)
            return False

    def take(self) -> Taken:
        """What was gathered; of what still goes on a share, to which more will be added."""
        with self._changed:
            now = self._monotonic()
            if self._has_burst() and not self._lost and now < self._settled_at():
                self._first_at = now
                return Taken(Burst(list(self._burst.renames), set(self._burst.touched)), settled=False, lost=False)
            taken = Taken(self._burst, settled=True, lost=self._lost)
            self._burst, self._lost = Burst(), False
            return taken

    def stop(self) -> None:
        """Let go of whoever waits."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def is_pending(self) -> bool:
        """Whether something was told that nobody has taken yet."""
        with self._changed:
            return self._has_burst()

    def _has_burst(self) -> bool:
        return self._lost or len(self._burst) > 0

    def _due_at(self) -> float:
        return min(self._settled_at(), self._first_at + PATIENCE * self._settle_s)

    def _settled_at(self) -> float:
        fresh_at = min(self._fresh_at, self._last_at + FORBEARANCE * self._settle_s)
        return max(self._last_at, fresh_at) + self._settle_s

    def _note_time(self, was_quiet: bool, concerns: bool) -> None:
        if was_quiet:
            self._first_at = self._last_at = self._monotonic()
            self._changed.notify_all()
        elif concerns:
            self._last_at = self._monotonic()

    def _concerns(self, told: Told) -> bool:
        match told:
            case Rename(old, new, is_folder):
                known = is_folder or old in self._names or new in self._names
                if known:
                    self._names.add(new)
                return known
            case Left():
                return True
            case Touched(path) | Appeared(path):
                return path in self._names
