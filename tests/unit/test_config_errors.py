"""Bad configurations: one line each, naming file, key, value, rule and remedy; never another exception."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from femwgm.config import dump_resolved, load_config
from femwgm.config.yamlio import MAX_BYTES, parse_yaml
from femwgm.errors import ConfigError, FemwgmError, GeometryError, MaterialError

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"
GOOD = CONFIG.read_text()

OVERRIDES: list[tuple[str, str, str]] = [
    # override, key in the message, words in the message
    ("geometry.layers.shell.thicknes=500 nm", "geometry.layers.1.thicknes", "did you mean 'thickness'?"),
    ("geomtry=3", "geomtry", "did you mean 'geometry'?"),
    ("geometry.layers.1.thickness=500", "geometry.layers.1.thickness", "bare number where a length belongs"),
    (
        "geometry.layers.1.thickness='500'",
        "geometry.layers.1.thickness",
        "bare number where a length belongs",
    ),
    ("geometry.layers.1.thickness=-5 nm", "geometry.layers.1.thickness", "must not be negative"),
    ("geometry.layers.1.thickness=nan nm", "geometry.layers.1.thickness", "must be finite"),
    ("geometry.layers.1.thickness=inf nm", "geometry.layers.1.thickness", "must be finite"),
    ("geometry.layers.1.thickness=1e999 nm", "geometry.layers.1.thickness", "must be finite"),
    ("geometry.layers.1.thickness=.nan", "geometry.layers.1.thickness", "bare number"),
    ("geometry.layers.1.thickness=5 s", "geometry.layers.1.thickness", "not a length or frequency"),
    (
        "geometry.layers.1.thickness=5 THz",
        "geometry.layers.1.thickness",
        "a frequency where a length belongs",
    ),
    ("geometry.layers.1.thickness=5 nmm", "geometry.layers.1.thickness", "did you mean 'nm'?"),
    ("geometry.layers.1.thickness=2*3 nm", "geometry.layers.1.thickness", "unknown unit"),
    ("geometry.layers.1.thickness=thick", "geometry.layers.1.thickness", "cannot be read as a length"),
    ("geometry.layers.1.thickness=[1, 2]", "geometry.layers.1.thickness", "must be a length with its unit"),
    ("geometry.layers.1.thickness=true", "geometry.layers.1.thickness", "must be a length with its unit"),
    ("geometry.layers.1.thickness=null", "geometry.layers.1", "exactly one of radius, diameter, thickness"),
    ("geometry.layers.1.radius=11 um", "geometry.layers.1", "it has radius and thickness"),
    (
        "geometry.layers.1={name: shell, material: npl, radius: 9 um}",
        "geometry.layers.1.radius",
        "centre outwards",
    ),
    ("geometry.layers.1.name=core", "geometry.layers.1.name", "duplicate layer name"),
    ("geometry.layers.1.name=air", "geometry.layers.1.name", "name of the ambient region"),
    ("geometry.layers.1.name=1 2", "geometry.layers.1.name", "must be a name"),
    ("geometry.layers.1.name=a/../b", "geometry.layers.1.name", "must be a name"),
    ("geometry.layers.1.material=nlp", "geometry.layers.1.material", "did you mean 'npl'?"),
    ("geometry.ambient=argon", "geometry.ambient", "not defined under materials"),
    ("geometry.layers=[]", "geometry.layers", "at least 1"),
    ("geometry.layers=3", "geometry.layers", "must be a list"),
    ("geometry.layers={a: 1}", "geometry.layers", "must be a list, not a mapping; write its entries"),
    ("geometry.kind=layerd_sphere", "geometry.kind", "did you mean 'layered_sphere'?"),
    ("geometry.kind=null", "geometry.kind", "layered_sphere"),
    ("geometry=sphere", "geometry", "must be a mapping"),
    ("geometry.layers.7.thickness=1 nm", "geometry.layers.7", "use 0 to 1 or core, shell"),
    ("geometry.layers.shel.thickness=1 nm", "geometry.layers.shel", "did you mean 'shell'?"),
    ("modes.window=[640 nm, 640 nm]", "modes.window", "empty window"),
    ("modes.window=[670 nm, 640 nm]", "modes.window", "reversed"),
    ("modes.window=[460 THz, 450 THz]", "modes.window", "reversed"),
    ("modes.window=[640 nm, 450 THz]", "modes.window", "mixes"),
    ("modes.window=[640, 670]", "modes.window", "bare number"),
    ("modes.window=[-640 nm, 670 nm]", "modes.window", "must be positive"),
    ("modes.window=[640 nm]", "modes.window", "two wavelengths"),
    ("modes.window=640 nm", "modes.window", "two wavelengths"),
    ("modes.polarizations=[TE, TTM]", "modes.polarizations.1", "did you mean 'TM'?"),
    ("modes.polarizations=[TE, TE]", "modes.polarizations", "twice"),
    ("modes.polarizations=TE", "modes.polarizations", "must be a list"),
    ("modes.radial_orders=[0]", "modes.radial_orders.0", "at least 1"),
    ("modes.radial_orders=[1.0]", "modes.radial_orders.0", "whole number"),
    ("modes.radial_orders=[true]", "modes.radial_orders.0", "whole number"),
    ("modes.polar_orders=[-1]", "modes.polar_orders.0", "at least 0"),
    ("modes.azimuthal_orders=[]", "modes.azimuthal_orders", "at least 1"),
    ("accuracy.wavelength=.nan", "accuracy.wavelength", "must be finite"),
    ("accuracy.wavelength=-.inf", "accuracy.wavelength", "must be finite"),
    ("accuracy.wavelength=0", "accuracy.wavelength", "between 1e-13 and 0.1"),
    ("accuracy.wavelength='1e-8'", "accuracy.wavelength", "must be a number"),
    ("accuracy.wavelngth=1e-8", "accuracy.wavelngth", "did you mean 'wavelength'?"),
    ("materials.npl=1.768", "materials.npl", "is not a medium"),
    ("materials.npl={}", "materials.npl", "is not a medium"),
    ("materials.npl={n: -1}", "materials.npl.n", "must be positive"),
    ("materials.npl={n: .inf}", "materials.npl.n", "must be finite"),
    ("materials.npl={n: 1.7, eps: 3}", "materials.npl.eps", "unknown key"),
    ("materials.npl={preset: fused_silca}", "materials.npl.preset", "did you mean 'fused_silica'?"),
    ("materials.npl={preset: cds}", "materials.npl.preset", "needs 'axis'"),
    ("materials.npl={preset: water, axis: z}", "materials.npl.axis", "only a uniaxial preset"),
    ("materials.npl={eps: hello}", "materials.npl.eps", "real or complex number"),
    ("materials.npl={eps: 0}", "materials.npl.eps", "not zero"),
    ("materials.npl={table: missing.csv}", "materials.npl.table", "No such file"),
    ("materials.npl={table: .}", "materials.npl.table", "cannot be read"),
    (
        "materials.npl={sellmeier: {B: [1], C_um2: [1, 2]}, range: [1 um, 2 um]}",
        "materials.npl.sellmeier.B",
        "in pairs",
    ),
    ("materials.npl={sellmeier: {B: [1], C_um2: [1]}}", "materials.npl.range", "required and missing"),
    (
        "materials.npl={sellmeier: {B: [1], C_um2: [1]}, range: [2 um, 1 um]}",
        "materials.npl.range",
        "reversed",
    ),
    (
        "materials.npl={n_ordinary: 1.7, n_extraordinary: 1.8, axis: x}",
        "materials.npl.axis",
        "one of z, radial",
    ),
    ("materials.2nd={n: 1}", "materials", "must be a name"),
    (
        "losses.roughness={rms: 1 nm, correlation_length: 5 nm, surface: shel}",
        "losses.roughness.0.surface",
        "not a layer",
    ),
    ("discretization.degree=0", "discretization.degree", "greater than or equal to 1"),
    ("discretization.cells=hexagons", "discretization.cells", "must be one of"),
    ("discretization.pml=boxes", "discretization.pml", "did you mean 'box'?"),
    ("outputs.fields=1", "outputs.fields", "true or false"),
    ("outputs.fields=yes", "outputs.fields", "true or false"),
    ("schema=2", "schema", "reads schema 1"),
    ("name=[1]", "name", "must be a line"),
    ("modes=null", "modes", "must be a mapping"),
    ("modes.window.0.x=1", "modes.window.0.x", "no such key"),
    ("sweep.axes=[{key: a}]", "sweep.axes.0", "exactly one of"),
    ("sweep.axes=[{key: a, linear: {start: 1 nm, stop: 2 nm}}]", "sweep.axes.0.linear.count", "missing"),
]


def line(error: FemwgmError) -> str:
    text = str(error)
    assert "\n" not in text
    assert len(text) < 500
    assert error.exit_code == 2
    return text


@pytest.mark.parametrize(("override", "key", "words"), OVERRIDES, ids=[entry[0][:60] for entry in OVERRIDES])
def test_one_line_says_what_and_where(override: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(CONFIG, [override])
    text = line(caught.value)
    assert words in text
    assert caught.value.key is not None
    assert caught.value.key.startswith(key)
    assert caught.value.file in (f"--set {override}"[:120], CONFIG)


def test_error_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace("thickness: 490 nm", "thickness: 490"))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert line(caught.value).startswith(f"{path}: geometry.layers.1.thickness = 490: a bare number")


@pytest.mark.parametrize("section", ["schema", "geometry", "materials", "modes"])
def test_missing_section(section: str) -> None:
    raw = parse_yaml(GOOD)
    del raw[section]
    with pytest.raises(ConfigError, match=f"{section}: is required and missing; add it, e.g."):
        load_config(raw)


@pytest.mark.parametrize(
    "override", ["noequals", "=3", "a..b=3", "a.=3", "a=[1", "a=*x", "a=!!python/object:os.system x"]
)
def test_malformed_override(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(CONFIG, [override])
    assert line(caught.value).startswith("--set")


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
)
BAD_FILES = {
    "empty": (b"", "is empty"),
    "only a comment": (b"# nothing\n", "is empty"),
    "a list": (b"- 1\n- 2\n", "mapping of sections"),
    "a word": (b"hello", "mapping of sections"),
    "truncated in a flow mapping": (GOOD[: GOOD.index("490 nm}")].encode(), "not valid YAML"),
    "truncated after a key": (GOOD[: GOOD.index("window:") + 7].encode(), "bare|must be a list of two"),
    "tabs": (b"schema: 1\n\tname: x\n", "not valid YAML"),
    "duplicate key": (b"schema: 1\nname: a\nname: b\n", "duplicate key 'name'"),
    "not UTF-8": (b"schema: 1\nname: \xff\xfe\n", "not UTF-8"),
    "binary": (bytes(range(256)), "not UTF-8|not valid YAML"),
    "control characters": (b"schema: 1\nname: \x00\x01\n", "not valid YAML"),
    "billion laughs": (LAUGHS.encode(), "once aliases are expanded"),
    "recursive alias": (b"a: &a [*a]\n", "no finished anchor"),
    "deep flow nesting": (b"[" * 100_000, "nested deeper"),
    "deep block nesting": ("".join(f"{' ' * i}a:\n" for i in range(200)).encode(), "nested deeper"),
    "python tag": (b"a: !!python/object/apply:os.system ['true']\n", "tag"),
    "two documents": (b"schema: 1\n---\nschema: 1\n", "more than one document"),
    "too many values": (b"a: [" + b"1," * 500_000 + b"1]\n", "more than"),
    "a mapping as key": (b"? {a: 1}\n: 2\n", "a key must be a word"),
    "huge integer": (GOOD.replace("schema: 1", "schema: " + "9" * 10_000).encode(), "reads schema 1"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file(case: str, tmp_path: Path) -> None:
    content, words = BAD_FILES[case]
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(path)
    assert line(caught.value).startswith(str(path))


def test_truncation_anywhere_is_a_config_error_or_a_valid_configuration(tmp_path: Path) -> None:
    path = tmp_path / "cut.yaml"
    for end in range(0, len(GOOD), 7):
        path.write_text(GOOD[:end])
        try:
            load_config(path)
        except ConfigError as error:
            line(error)


def test_missing_file_folder_and_huge_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(CONFIG / "below-a-file.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / ("x" * 5000))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("null\0byte.yaml")
    with (tmp_path / "huge.yaml").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than"):
        load_config(tmp_path / "huge.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("lambda,n\n0.6,1.7\n", "lambda: has no unit; did you mean 'wavelength_um'"),
        ("", "the table is empty; the header is"),
        ("wavelength_um,n\n0.6,1.7\n0.7\n", "line 3: has 1 cells"),
        ("wavelength_um,n\n0.6,1.7\n0.7,abc\n", "line 3: must be a number"),
        ("wl,n\n0.6,1.7\n0.7,1.6\nwl,k\n0.6,0\n0.8,0\n", "gives k at other wavelengths than n"),
        ("wl,n\n0.6,1.7\n0.7,1.6\nwl,n\n0.6,1.7\n0.7,1.6\n", "gives n twice"),
        ("wavelength_um,n\n0.6,1.7\n0.6,1.7\n", "0.6 um comes twice"),
        ("wavelength_um,n,remark\n0.6,1.7,good\n0.7,1.7,good\n", "holds a word where a number should be"),
        ("wavelength_um,n,eps1\n0.6,1.7,3\n0.7,1.7,3\n", "gives both an index and a permittivity"),
        ("wavelength_um,n\n0.6,nan\n0.7,1.7\n", "line 2, n: must be a number"),
        ("wavelength_um,n\n0.6,1.7\n", "at least 2"),
        ("wavelength_um,n\n0.6,-1.7\n0.7,1\n", "must be positive"),
    ],
)
def test_bad_tables(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content)
    path = tmp_path / "run.yaml"
    path.write_text(GOOD.replace("npl: {n: 1.768}", "npl: {table: t.csv}"))
    with pytest.raises(ConfigError, match=words) as caught:
        load_config(path)
    assert "materials.npl.table" in line(caught.value)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["10 um", "640 nm", "silica", "TE", "layered_sphere", "spheroid", "all", "-1 nm", "1e9999 km"]
    )
)
KEYS = """schema name geometry kind layers ambient material radius diameter thickness aspect materials n k eps preset
table sellmeier B C_um2 range modes window polarizations radial_orders accuracy wavelength losses roughness sweep"""
keys = st.text(max_size=6) | st.sampled_from(KEYS.split())
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5)
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        list(node.items())
        if isinstance(node, dict)
        else list(enumerate(node))
        if isinstance(node, list)
        else []
    )
    return [path, *(p for key, value in items for p in places(value, (*path, key)))]


def only_femwgm_errors(source: Any, overrides: list[str] | None = None) -> None:
    try:
        config = load_config(source, overrides or [])
    except (ConfigError, MaterialError, GeometryError) as error:
        line(error)
    else:
        assert load_config(parse_yaml(dump_resolved(config))) == config


@given(anything.filter(lambda data: isinstance(data, dict)))
def test_any_mapping_is_a_configuration_or_one_clear_line(data: Any) -> None:
    only_femwgm_errors(data)


@given(st.data())
def test_a_good_configuration_with_one_part_replaced(data: st.DataObject) -> None:
    raw = parse_yaml(GOOD)
    path = data.draw(st.sampled_from(places(raw)[1:]))
    here = raw
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = data.draw(anything)
    only_femwgm_errors(raw)


@given(st.text(alphabet="abn:-[]{}&*!?|>'\"#%@`, \n\t0123456789.e+~<\\/=\u00b5\ud800\x85\ufeff", max_size=80))
def test_any_text_parses_or_says_why(text: str) -> None:
    try:
        parse_yaml(text)
    except ConfigError as error:
        line(error)


@given(st.text(max_size=40))
def test_any_override_is_applied_or_says_why(text: str) -> None:
    only_femwgm_errors(CONFIG, [text])
    only_femwgm_errors(CONFIG, [f"geometry.layers.1.thickness={text}"])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_configuration_or_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    only_femwgm_errors(path)
