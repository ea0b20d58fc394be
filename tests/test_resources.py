import shutil

import pytest

from pycalfin import resources


@pytest.mark.parametrize("name", ["weights", "matlab"])
def test_folders_beside_the_package_are_found(name):
    assert resources.folder(name).is_dir()
    assert resources.folder(name).name == name


def test_a_wheel_has_them_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "pycalfin"
    (package / "weights").mkdir(parents=True)
    copy = shutil.copy(resources.__file__, package)
    monkeypatch.setattr(resources, "__file__", str(copy))
    assert resources.folder("weights") == package / "weights"


def test_an_incomplete_installation_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "pycalfin" / "resources.py"))
    with pytest.raises(FileNotFoundError, match=r"lacks its weights folder; reinstall it"):
        resources.folder("weights")
