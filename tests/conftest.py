"""What every test may rely on: a folder of its own, no user configuration, real data if there.

What is dear is made once for a whole run, in whichever process needs it first, and shared. Look,
and copy what you would change:

demo_scenes     the demo's nine scenes, with domains.geojson and truth.geojson beside them (4 s)
painted_scene   one of them: Landsat 8, 2018-07-20, one front, neither gaps nor melange
demo_run        the result of a run of all of them, and its folder (10 s)

`tests.shared.once` makes other things so.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from pycalfin.batch.pipeline import run
from pycalfin.settings import Settings
from pycalfin.synthetic.painting import DOMAINS, generate
from tests.leftovers import none_left
from tests.shared import once

ROOT = Path(__file__).resolve().parents[1]

hypothesis.settings.register_profile(
    "pycalfin",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("pycalfin")


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """Keep configuration and caches of the user out, and this session's away from the user's."""
    home = tmp_path_factory.mktemp("home")
    set_hypothesis_home_dir(home / "hypothesis")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("MPLCONFIGDIR", str(home / "matplotlib"))
        patch.setenv("KERAS_HOME", str(home / "keras"))
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        for name in [name for name in os.environ if name.startswith(("GDAL_", "PYCALFIN_"))]:
            if name not in {"PYCALFIN_TEST_DATA", "PYCALFIN_REQUIRE_OCTAVE"}:
                patch.delenv(name)
        yield home


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory):
    """Let a test that leaves files open or processes behind fail itself, not the one after it."""
    with none_left(tmp_path_factory.getbasetemp()):
        yield


@pytest.fixture(autouse=True)
def own_folder(nothing_left, tmp_path, monkeypatch):  # noqa: ARG001 (the first in, the last out)
    """Run each test in a folder of its own, so that nothing is written into the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def demo_scenes(tmp_path_factory):
    """Scenes of the demo, `SyntheticScene`s with their fronts and domains; do not change them."""
    return once(tmp_path_factory, "scenes", generate)


@pytest.fixture(scope="session")
def painted_scene(demo_scenes):
    """A plain scene of the demo with one front; do not change it."""
    (scene,) = (scene for scene in demo_scenes if scene.date == "2018-07-20")
    return scene


@pytest.fixture(scope="session")
def demo_run(demo_scenes, tmp_path_factory):
    """What `pycalfin.run` found in the scenes of the demo, a `RunResult`; do not change it."""
    scenes = tuple(str(scene.path) for scene in demo_scenes)
    given = Settings(scenes=scenes, domain=str(demo_scenes[0].path.with_name(DOMAINS)))
    return once(tmp_path_factory, "run", lambda folder: run(replace(given, output=str(folder))))


@pytest.fixture(scope="session")
def root():
    """Top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data():
    """Folder of real images: PYCALFIN_TEST_DATA, else shared/data beside the repository."""
    given = os.environ.get("PYCALFIN_TEST_DATA")
    folder = Path(given) if given else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name its folder in PYCALFIN_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def harald(real_data):
    """Harald Moltke Bræ: a Landsat 8 scene of about 2021-09-26, its box and its known fronts."""
    folder = real_data / "harald_moltke_brae"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return SimpleNamespace(
        scene=folder / "scene.tif", box=folder / "box.geojson", fronts=folder / "fronts.gpkg"
    )


def pytest_configure(config):
    """Give NumPy one thread in the workers of pytest-xdist and in whatever a test starts.

    Workers share the cores. Threads that wait for one another at each product of small matrices
    then take ten times the time of one.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # in the order below, not by the number of tests


def pytest_collection_modifyitems(items):
    """Put files with slow tests first, so that no worker is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item):
    """Skip what needs Octave where it is absent; fail if PYCALFIN_REQUIRE_OCTAVE asks for it."""
    if item.get_closest_marker("octave") and shutil.which("octave") is None:
        if os.environ.get("PYCALFIN_REQUIRE_OCTAVE"):
            pytest.fail("octave is not on the PATH, and PYCALFIN_REQUIRE_OCTAVE is set")
        pytest.skip("octave is not on the PATH")
