import os
import subprocess
import sys

import numpy as np
import pytest

from pycalfin.errors import SettingsError
from pycalfin.network import engine


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_the_package_leaves_tensorflow_alone(root):
    code = "import sys, pycalfin.network as n; print({'tensorflow', 'keras'} & set(sys.modules))"
    assert run(code, PYTHONPATH=str(root)).stdout.strip() == "set()"


def test_other_backend_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(SettingsError, match="KERAS_BACKEND is 'jax'") as caught:
        engine.import_keras()
    assert "\n" not in str(caught.value)


def test_engine_equals_the_model(model):
    rng = np.random.default_rng(1)
    patches = rng.uniform(-1, 1, (2, 64, 96, 3)).astype(np.float32)
    found = engine.TensorFlowEngine(model).run(patches)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(model(patches, training=False)), atol=1e-5)
