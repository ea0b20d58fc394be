"""What is installed, what it is called, and what importing it costs."""

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import calfin_bridge
import pycalfin

NEEDS = {
    "affine", "h5py", "jinja2", "matplotlib", "numpy", "openvino", "pillow", "pooch", "pyogrio",
    "pyproj", "rasterio", "requests", "rich", "scikit-image", "scipy", "shapely", "tomli",
}  # fmt: skip


def every_module():
    return [
        module.name
        for package in (pycalfin, calfin_bridge)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    ]


def test_importing_pycalfin_imports_nothing_heavy():
    code = "import pycalfin, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "tensorflow", "rasterio", "matplotlib", "shapely"} & set(loaded)


def test_public_names_are_there():
    assert set(pycalfin.__all__) <= set(dir(pycalfin))
    for name in pycalfin.__all__:
        assert getattr(pycalfin, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'fronts'"):
        _ = pycalfin.fronts


def test_functions_keep_their_names_after_every_module_was_imported():
    for name in every_module():
        importlib.import_module(name)
    assert callable(pycalfin.run)
    assert callable(pycalfin.extract_fronts)


@pytest.mark.parametrize("name", ["pycalfin", "calfin_bridge", *every_module()])
def test_every_public_name_has_a_docstring(name):
    module = importlib.import_module(name)
    assert module.__doc__, name
    for public, value in vars(module).items():
        if public.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if callable(value):
            assert value.__doc__, f"{name}.{public}"


def test_no_module_is_named_like_a_public_function():
    modules = {name.rpartition(".")[2] for name in every_module() if name.count(".") == 1}
    assert modules & set(pycalfin.__all__) == set(pycalfin._PACKAGES)
    for name in ("run", "open", "read_fronts", "extract_fronts"):
        assert callable(getattr(pycalfin, name))


def test_packages_with_public_names_need_no_import_of_their_own():
    code = "import pycalfin; print(pycalfin.issm.levelset.__name__, pycalfin.network.load.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["levelset", "load"]


def test_version_is_the_same_everywhere(root):
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {pycalfin.__version__}\n" in citation
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == pycalfin.__version__


def test_every_package_is_listed(root):
    listed = re.findall(
        r"^    ((?:py)?calfin\S*)$", (root / "setup.cfg").read_text().split("package_dir")[0], re.M
    )
    packages = {"calfin_bridge", "pycalfin", "pycalfin.matlab", "pycalfin.weights"} | {
        ".".join(path.parent.relative_to(root).parts)
        for path in (root / "pycalfin").rglob("__init__.py")
    }
    assert set(listed) == packages


def test_every_package_stands_in_the_design(root):
    design = (root / "docs" / "design.md").read_text(encoding="utf-8")
    for path in (root / "pycalfin").glob("*/__init__.py"):
        assert f"`{path.parent.name}`" in design, path.parent.name


def test_every_dependency_is_explained(root):
    page = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    config = (root / "setup.cfg").read_text(encoding="utf-8")
    needed = re.search(r"install_requires =\n((?:    .+\n)+)", config)
    assert needed is not None
    names = {re.match(r"\s*([\w-]+)", line)[1] for line in needed[1].splitlines()}
    assert names == NEEDS
    for name in names:
        assert f"| `{name}` |" in page, name


@pytest.mark.slow
def test_a_wheel_is_complete(root, tmp_path):
    setuptools = pytest.importorskip("setuptools", reason="setuptools is not installed")
    if int(setuptools.__version__.split(".")[0]) < 77:
        pytest.skip(f"setuptools {setuptools.__version__} is older than the build needs (77)")
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(root, source, ignore=ignored)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for folder, pattern in [
        ("matlab", "*.m"),
        ("weights", "*.h5"),
        ("weights", "*.json"),
        ("weights", "*.md"),
        ("weights", "*.toml"),
        ("pycalfin", "*.py"),
        ("pycalfin", "*.html"),
        ("pycalfin", "py.typed"),
        ("bridge", "*.py"),
        ("bridge", "*.md"),
    ]:
        for path in (root / folder).rglob(pattern):
            name = path.relative_to(root).as_posix()
            where = {"pycalfin": name, "bridge": f"calfin_{name}"}
            assert where.get(folder, f"pycalfin/{name}") in inside
    tops = {name.split("/")[0] for name in inside}
    assert tops == {"calfin_bridge", "pycalfin", f"pycalfin-{pycalfin.__version__}.dist-info"}
    for legal in ("LICENSE", "NOTICE", "LICENSES/Apache-2.0.txt"):
        assert any(name.endswith(f"licenses/{legal}") for name in inside), legal


@pytest.mark.parametrize("package", ["pycalfin", "bridge"])
def test_no_module_is_longer_than_400_lines(root, package):
    lengths = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (root / package).rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}
