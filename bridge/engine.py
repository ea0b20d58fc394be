"""Push the results of a run to MATLAB or GNU Octave, as a variable `cf` with the fronts.

Only the path is passed on: the other program reads fronts.h5 with `cf.load(folder)`. MATLAB's
engine conflicts with the HDF5 libraries of Python in one process. This module therefore imports
neither numpy nor h5py, and `pycalfin run --push-to` starts `pycalfin push` in a separate process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pycalfin.errors import EngineError, SettingsError
from pycalfin.resources import folder as data_folder

VARIABLE = "cf"
"""Name of the variable in the other program's workspace."""
SHARE = "in MATLAB, matlab.engine.shareEngine('NAME') shares the session that runs"
CONTROL = r"[\x00-\x1f\x7f]"
"""Characters that cannot be in a quoted text."""
POLL = 1.0
"""Seconds between checks that a MATLAB started here is still open."""


class Session(Protocol):
    """A running MATLAB or Octave.

    Attributes
    ----------
    name : str
        Name in messages: 'MATLAB NAME', 'GNU Octave'.
    lasting : bool
        True if the program continues after this process ends.
    """

    name: str
    lasting: bool

    def run(self, script: str) -> None:
        """Run statements in the base workspace.

        Raises
        ------
        EngineError
            With the error message of the other program.
        """

    def close(self) -> None:
        """Disconnect; a program that was started here ends."""

    def leave(self, statements: Iterable[str], say: Callable[[str], object]) -> None:
        """Hand the program to the user; return when the user ends it.

        Parameters
        ----------
        statements : iterable of str
            Statements that the user types, for a program without a window.
        say : callable
            Receives the output of the program, line by line.
        """


class Matlab:
    """MATLAB, through its Engine API for Python.

    Parameters
    ----------
    session : str, optional
        Name under which a running MATLAB is shared. Default: the first shared MATLAB. If none is
        shared, MATLAB is started with its desktop.

    Raises
    ------
    SettingsError
        If MATLAB's engine for Python is missing, or no session has this name.
    EngineError
        If MATLAB does not start.
    """

    def __init__(self, session: str = "") -> None:
        engine = _matlab_engine()
        shared = _shared(engine, session)
        self.lasting = bool(shared)
        chosen = session or (shared[0] if shared else "")
        try:
            if chosen:
                self._engine = engine.connect_matlab(chosen)
            else:
                self._engine = engine.start_matlab("-desktop")
        except Exception as error:  # the engine has its own error classes
            raise EngineError(f"MATLAB {chosen}: {_said(error)}; {SHARE}") from error
        self.name = f"MATLAB {chosen}".strip()

    def run(self, script: str) -> None:
        """Run statements in the base workspace."""
        try:
            self._engine.eval(script, nargout=0)
        except Exception as error:
            raise EngineError(f"{self.name}: {_said(error)}") from error

    def close(self) -> None:
        """Disconnect; a MATLAB that was started here ends."""
        with contextlib.suppress(Exception):
            self._engine.quit()

    def leave(
        self,
        statements: Iterable[str],  # noqa: ARG002
        say: Callable[[str], object],  # noqa: ARG002
    ) -> None:
        """Return when the user has closed the window of MATLAB."""
        while True:
            time.sleep(POLL)
            try:
                self._engine.eval("0;", nargout=0)
            except Exception:  # any error means that MATLAB has ended
                return


class Octave:
    """GNU Octave, through oct2py; it is always started here.

    oct2py forks this process. A fork of a process with TensorFlow or OpenVINO can crash before
    Octave starts. `pycalfin run --push-to octave` therefore connects in a separate process.

    Raises
    ------
    SettingsError
        If oct2py or Octave is missing.
    EngineError
        If Octave does not start.
    """

    lasting = False
    name = "GNU Octave"

    def __init__(self) -> None:
        require("octave")
        try:
            self._octave = import_module("oct2py").Oct2Py()
        except Exception as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise EngineError(
                f"GNU Octave does not start ({why}); try `pycalfin push DIR --to octave`, which "
                "starts it from a separate process"
            ) from error

    def run(self, script: str) -> None:
        """Run statements in the base workspace."""
        try:
            self._octave.eval(script, nout=0, verbose=False)
        except Exception as error:
            raise EngineError(f"{self.name}: {_said(error)}") from error

    def value(self, name: str) -> Any:
        """Return the value of a variable: numbers or text."""
        return self._octave.pull(name, verbose=False)

    def close(self) -> None:
        """End Octave."""
        with contextlib.suppress(Exception):
            self._octave.exit()

    def leave(self, statements: Iterable[str], say: Callable[[str], object]) -> None:
        """Run the user's statements until `exit` or the end of input."""
        say("GNU Octave takes statements; exit ends it")
        for line in statements:
            if line.strip().rstrip(";") in ("exit", "quit"):
                return
            try:
                self._octave.eval(line, nout=0, stream_handler=say)
            except Exception as error:  # the user sees the message and can continue
                say(_said(error))


def require(target: str) -> None:
    """Refuse a target that is not available, without starting anything.

    Parameters
    ----------
    target : str
        'matlab', 'matlab:NAME' or 'octave'.

    Raises
    ------
    SettingsError
        If something is missing; says what to do.
    """
    program, _, session = target.partition(":")
    if program == "matlab":
        _shared(_matlab_engine(), session)
        return
    if target != "octave":
        raise SettingsError(
            f"{target or 'nothing'}: not a program to push to; expected matlab, matlab:NAME or "
            "octave"
        )
    if importlib.util.find_spec("oct2py") is None:
        raise SettingsError(
            "octave: needs oct2py, which is not installed: python -m pip install oct2py"
        )
    if shutil.which("octave") is None and shutil.which("octave-cli") is None:
        raise SettingsError("octave: GNU Octave is not on the search path; install it")


def connect(target: str) -> Session:
    """Connect to a running program, or start one.

    Parameters
    ----------
    target : str
        'matlab' (a shared session, else a new one), 'matlab:NAME' or 'octave'.

    Returns
    -------
    Session

    Raises
    ------
    SettingsError
        If the program is not available.
    EngineError
        If the program does not respond.
    """
    program, _, session = target.partition(":")
    if program == "matlab":
        return Matlab(session)
    require(target)
    return Octave()


def push(session: Session, folder: str | Path, variable: str = VARIABLE) -> None:
    """Create a variable with the fronts of a finished run in another program.

    Parameters
    ----------
    session : Session
        See `connect`.
    folder : path
        Folder of the run, which `calfin.load` reads in the other program.
    variable : str
        Name of the variable.

    Raises
    ------
    EngineError
        With the error message of the program, for instance that the folder holds no run.
    """
    if not variable.isidentifier() or not variable.isascii() or variable[0] == "_":
        raise EngineError(f"{variable!r} is not a name for a variable; use letters, digits and _")
    place = _quoted(str(data_folder("matlab")))
    python, run = _quoted(sys.executable), _quoted(str(Path(folder).absolute()))
    session.run(f"addpath({place}); {variable}=calfin('python',{python}); {variable}.load({run});")


def _matlab_engine() -> Any:
    """Import MATLAB's engine; do not mistake a folder named matlab for it."""
    spec = importlib.util.find_spec("matlab")
    if spec is None or spec.loader is None:
        raise SettingsError(
            "matlab: needs MATLAB and its Engine API for Python, which this Python does "
            "not have: pip install matlabengine of MATLAB's release (or cf.load(folder) in MATLAB)"
        )
    try:
        return import_module("matlab.engine")
    except (ImportError, OSError, RuntimeError) as error:
        raise SettingsError(
            f"MATLAB's Engine API for Python does not load ({_said(error)}); install the one of "
            "MATLAB's release, or use cf.load(folder) in MATLAB"
        ) from error


def _shared(engine: Any, session: str) -> list[str]:
    """Return the names of shared MATLAB sessions; refuse a `session` that is not one of them."""
    shared = [str(name) for name in engine.find_matlab()]
    if session and session not in shared:
        known = f"shared are: {', '.join(shared)}" if shared else "none is shared"
        raise SettingsError(f"no MATLAB shares its session as {session!r} ({known}); {SHARE}")
    return shared


def _quoted(text: str) -> str:
    """Quote a text for MATLAB and Octave, so that line ends in it do not end the statement."""
    parts = [
        f"char({ord(part)})" if re.fullmatch(CONTROL, part) else "'" + part.replace("'", "''") + "'"
        for part in re.split(f"({CONTROL})", text)
    ]
    return parts[0] if len(parts) == 1 else f"[{','.join(parts)}]"


def _said(error: Exception) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split()) or type(error).__name__
