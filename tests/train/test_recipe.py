from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycalfin.errors import SettingsError
from pycalfin.train import recipe
from pycalfin.train.augment import Augmentation
from pycalfin.train.recipe import Recipe, Source, Stage, tomllib

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), min_size=1)
SOURCES = st.one_of(
    st.builds(Source, path=TEXTS, repeat=st.integers(1, 9), land=st.booleans(),
              domain=st.none() | TEXTS, border=st.sampled_from(recipe.BORDERS)),
    st.builds(Source, synthetic=st.integers(1, 999), seed=st.none() | st.integers(0, 9),
              bays=st.floats(0, 0.85), sensor=st.sampled_from(("both", "optical", "sar"))),
)  # fmt: skip
STAGES = st.builds(
    Stage, st.integers(1, 99), st.floats(1e-9, 0.9), seed=st.none() | st.integers(0, 9)
)


@given(
    sources=st.lists(SOURCES, max_size=3).map(tuple),
    stages=st.lists(STAGES, min_size=1, max_size=3).map(tuple),
    held=st.lists(TEXTS, max_size=2).map(tuple),
    blur=st.floats(0.1, 3.0),
    init=st.sampled_from(("default", "imagenet", "random", "my weights.h5")),
)
def test_what_is_written_is_read_again(sources, stages, held, blur, init):
    made = Recipe(init=init, sources=sources, stages=stages, hold_out=held,
                  augmentation=Augmentation(blur=blur, scale=(0.5, 2.0)))  # fmt: skip
    assert recipe.make(tomllib.loads(recipe.text(made))) == made


def test_the_shipped_recipe_is_that_of_the_model_card(root):
    made = recipe.read(root / "weights" / "recipe.toml")
    assert made.init == "imagenet"
    assert [str(source) for source in made.sources] == [
        "frontlearning*2",
        "caffe256",
        "synthetic:300",
    ]
    assert made.augmentation == Augmentation(
        restyled=0.2, recoloured=0.25, collaged=0.2, curved=0.12
    )
    assert not made.frozen_norm


def test_defaults_depend_on_what_the_training_starts_from():
    tuned, scratch = recipe.make(), recipe.make(init="imagenet")
    assert (tuned.init, tuned.frozen_norm, scratch.frozen_norm) == ("default", True, False)
    assert tuned.stages[0].rate < scratch.stages[0].rate
    assert recipe.make(network="nets:build").init == "random"
    assert recipe.make({"frozen_norm": False}).frozen_norm is False


def test_options_win_over_the_file(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('seed = 7\nbatch = 3\n[[source]]\npath = "a"\n[[stage]]\nepochs = 5\n')
    made = recipe.read(path, batch=4, rate=0.01, sources=(Source("b"),), seed=None)
    assert (made.seed, made.batch, made.sources) == (7, 4, (Source("b"),))
    assert made.stages == (Stage(5, 0.01),)


def test_each_stage_has_a_seed_of_its_own():
    made = replace(Recipe(seed=3), stages=(Stage(), Stage(), Stage(seed=1)))
    assert [made.seed_of(number) for number in range(3)] == [3, 4, 1]
    assert made.epochs == 48


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("epoch = 3", {}, "unknown key 'epoch'"),
        ("bach = 3", {}, "unknown key 'bach'; did you mean 'batch'?"),
        ("sources = 3", {}, "write tables [[source]]"),
        ("stage = 3", {}, "write [[stage]]"),
        ("augmentation = 3", {}, "write [augmentation]"),
        ("batch = 'eight'", {}, "batch is 'eight'; expected a whole number"),
        ("batch = true", {}, "expected a whole number"),
        ("batch = 0", {}, "batch is 0; expected 1 or more"),
        ("hold_out = 'Jorum'", {}, "expected a list of texts"),
        ("network = 'calfin'", {}, "expected light or module:function"),
        ("network = 'a:b'\ninit = 'imagenet'", {}, "which means weights of light"),
        ("[[stage]]\nepochs = 0", {}, "[[stage]] 1: epochs is 0"),
        ("[[stage]]\nrate = 2.0", {}, "[[stage]] 1: rate is 2.0"),
        ("[[stage]]\n[[stage]]", {"epochs": 3}, "the recipe has 2 stages"),
        ("[[source]]\nrepeat = 2", {}, "[[source]] 1: a source needs either path or synthetic"),
        ("[[source]]\nsynthetic = 9\nbays = 0.9", {}, "bays is 0.9; expected a number from 0 to"),
        (
            "[[source]]\nsynthetic = 9\nsensor = 'SAR'",
            {},
            "sensor is 'SAR'; expected one of: both, optical, sar",
        ),
        ("[[source]]\nsynthetic = 9\nbays = -0.1", {}, "bays is -0.1; expected a number from 0"),
        ("[[source]]\npath = 'a'\nborder = 'ice'", {}, "border is 'ice'; expected one of: front"),
        ("[augmentation]\ncropp = 2", {}, "[augmentation] unknown key 'cropp'; did you mean"),
        ("[augmentation]\nscale = 2", {}, "scale is 2; expected two numbers"),
        ("seed = ", {}, "not valid TOML"),
    ],
)
def test_bad_recipes_say_what_is_wrong(tmp_path, text, options, told):
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        recipe.read(path, **options)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_missing_recipe(tmp_path):
    with pytest.raises(SettingsError, match="cannot read the recipe"):
        recipe.read(tmp_path / "none.toml")
