"""The notebooks of the documentation run from the first cell to the last."""

from __future__ import annotations

import shutil

import pytest

jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")


@pytest.mark.slow
@pytest.mark.enable_socket  # the kernel answers on the loopback interface
def test_from_a_scene_to_a_level_set(root, demo_scenes, tmp_path):
    shutil.copytree(demo_scenes[0].path.parent, tmp_path / "pycalfin_demo" / "scenes")
    notebook = jupytext.read(root / "docs" / "notebooks" / "scene_to_level_set.py")
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [
        output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert sum("image/png" in data for data in outputs) == 2
    tables = [data["text/html"] for data in outputs if "text/html" in data]
    assert len(tables) == 3
    assert all("2018-07-20" in table for table in (tables[0], tables[2]))
    assert (tmp_path / "fronts" / "report.html").is_file()
