"""The YAML contract: what is read, what comes back, what counts for the hash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from femwgm.config import RunConfig, config_hash, dump_resolved, json_schema, load_config
from femwgm.config.quantity import FREQUENCIES, LENGTHS, length_um, um, wavelength_um
from femwgm.config.yamlio import parse_yaml

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "duan2022.yaml"


def reread(config: RunConfig) -> RunConfig:
    return load_config(parse_yaml(dump_resolved(config)))


def test_the_published_sphere_is_read_in_um() -> None:
    config = load_config(CONFIG)
    assert config.geometry.radii_um == (10.0, 10.49)
    assert config.geometry.region_materials == {"core": "silica", "shell": "npl", "air": "air"}
    assert config.geometry.radius_ref_um == 10.49
    assert config.modes.window_um == (0.64, 0.67)
    assert config.accuracy.wavelength == 1e-8


@pytest.mark.parametrize("path", sorted(CONFIG.parent.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    config = load_config(path)
    assert reread(config) == config


def test_the_example_of_the_contract_is_valid() -> None:
    text = """
    schema: 1
    name: duan2022-20um
    geometry:
      kind: layered_sphere            # later: spheroid
      layers:
        - {name: core,  material: silica, diameter: 20 um}
        - {name: shell, material: npl,    thickness: 490 nm}
      ambient: air
    materials:
      silica: {preset: fused_silica}
      npl: {n: 1.74}
      air: {n: 1.0}
    modes:
      window: [640 nm, 670 nm]
      polarizations: [TE, TM]
      radial_orders: [1]
      polar_orders: [0]
      azimuthal_orders: [163, 164, 165, 166]
    accuracy: {wavelength: 1e-8}
    outputs: {fields: true, plots: true}
    """
    config = load_config(parse_yaml(text))
    assert config.modes.azimuthal_orders == (163, 164, 165, 166)
    assert reread(config) == config


@pytest.mark.parametrize(
    "override",
    [
        "modes.window=[450 THz, 460 THz]",
        "materials.npl={preset: cds, axis: radial}",
        "materials.npl={eps: 2.1+0.01j}",
        "materials.npl={eps: [-4, 0.5]}",
        "materials.npl={n: 1.7, k: -1e-4}",
        "materials.npl={n_ordinary: 1.7, n_extraordinary: 1.8, axis: z, k_ordinary: 1e-7}",
        "materials.npl={sellmeier: {B: [1.4435], C_um2: [0.020216]}, range: [436.8 nm, 1.052 um]}",
        "materials.npl={table: {wavelength_um: [0.6, 0.7], n: [1.7, 1.69], k: [1e-3, 0]}}",
        "losses.roughness={rms: 1.5 nm, correlation_length: 50 nm, surface: shell}",
        "modes.radial_orders=all",
        "modes.limit=100",
        "discretization={degree: 6, cells: triangles, pml: {kind: box, depth: 1.1 um, distance: 0 um}}",
        "accuracy={wavelength: 1e-10, q: 1e-4}",
        "outputs={fields: false, derivatives: true, exports: [msh]}",
        "sweep.axes=[{key: materials.npl.n, linear: {start: 1.6, stop: 1.8, count: 11}}]",
        "sweep={axes: [{key: materials.npl.n, normal: {mean: 1.7, sd: 0.01}}], sample: {count: 50}}",
        "geometry={kind: spheroid, aspect: 0.9, ambient: air, layers: [{name: a, material: npl, radius: 5 um}]}",
        "geometry.layers.1={name: b, material: npl, radius: 0.00105 cm}",
    ],
)
def test_resolved_yaml_reproduces_the_configuration(override: str) -> None:
    config = load_config(CONFIG, [override])
    assert config != load_config(CONFIG)
    assert reread(config) == config
    assert config_hash(reread(config)) == config_hash(config)


@given(
    st.text(min_size=1, max_size=20).filter(str.isprintable)
    | st.from_regex(r"[-+.0-9eE:_]{1,8}", fullmatch=True)
)
def test_any_name_survives_its_own_writing(name: str) -> None:
    raw = {**parse_yaml(CONFIG.read_text()), "name": name}
    config = load_config(raw)
    assert reread(config) == config


@pytest.mark.parametrize(
    "name", ["1e5", "no", "~", "0x1f", "12:30", ".5", "1_000", "2022-01-01", "null", "=", "<<"]
)
def test_names_that_look_like_something_else(name: str) -> None:
    config = load_config({**parse_yaml(CONFIG.read_text()), "name": name})
    assert reread(config) == config


@given(st.floats(min_value=1e-300, max_value=1e300))
@example(1e300)
@example(4000.0)
def test_a_length_survives_its_own_writing(value: float) -> None:
    assert length_um(um(value)) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("490 nm", 0.49),
        ("490nm", 0.49),
        ("1e-5 m", 10.0),
        (" 0.1mm ", 100.0),
        (".5 µm", 0.5),
        (".5 μm", 0.5),
        ("5 angstrom", 5e-4),
        ("1 inch", 25400.0),
        ("2 kilometer", 2e9),
        ("+3.25 micrometer", 3.25),
    ],
)
def test_any_length_unit(text: str, expected: float) -> None:
    assert length_um(text) == pytest.approx(expected, rel=1e-15)


def test_decimal_input_is_the_nearest_float() -> None:
    assert length_um("490 nm") == 0.49
    assert [length_um(f"{i} nm") for i in range(1000)] == [float(f"{i}e-3") for i in range(1000)]


def test_everyday_units_agree_with_pint() -> None:
    pint = pytest.importorskip("pint")
    registry = pint.UnitRegistry()
    for unit, scale in LENGTHS.items():
        assert float(scale) == pytest.approx(registry.Quantity(1.0, unit).to("um").magnitude, rel=1e-12), unit
    for unit, scale in FREQUENCIES.items():
        one = registry.Quantity(1.0, unit.replace("⁻¹", "^-1").replace("cm-1", "cm^-1"))
        assert float(scale) == pytest.approx(one.to("THz", "spectroscopy").magnitude, rel=1e-9), unit


def test_speed_of_light_agrees_with_codata() -> None:
    constants = pytest.importorskip("scipy.constants")
    assert wavelength_um("1 THz") == pytest.approx(constants.speed_of_light * 1e-6, rel=1e-15)


def test_frequencies_stand_for_the_same_window() -> None:
    by_frequency = load_config(CONFIG, ["modes.window=[447.4514298507463 THz, 468.425715625 THz]"])
    assert by_frequency.modes.window_um == pytest.approx((0.64, 0.67), rel=1e-15)


def test_configuration_cannot_be_changed() -> None:
    config = load_config(CONFIG)
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"  # type: ignore[misc]


SAME_NUMBERS = [
    "name=other",
    "outputs.plots=false",
    "outputs.fields=false",
    "materials.unused={n: 3}",
    "geometry.layers.0={name: core, material: silica, radius: 10 um}",
    "geometry.layers.0={name: core, material: silica, radius: 1e4 nm}",
    "sweep.axes=[{key: materials.npl.n, values: [1.7]}]",
    "accuracy={}",
]
OTHER_NUMBERS = [
    "geometry.layers.shell.thickness=490.0000001 nm",
    "geometry.layers.shell.name=film",
    "materials.npl.n=1.7680000000000002",
    "materials.npl.k=1e-300",
    "modes.window=[640 nm, 671 nm]",
    "modes.radial_orders=[1, 2]",
    "accuracy.wavelength=1e-9",
    "discretization.degree=5",
    "losses.roughness={rms: 1 nm, correlation_length: 1 nm}",
    "outputs.derivatives=true",
]


@pytest.mark.parametrize("override", SAME_NUMBERS)
def test_hash_ignores_what_moves_no_number(override: str) -> None:
    assert config_hash(load_config(CONFIG, [override])) == config_hash(load_config(CONFIG))


def test_hash_sees_all_that_moves_a_number() -> None:
    hashes = [config_hash(load_config(CONFIG, [override])) for override in OTHER_NUMBERS]
    assert len({config_hash(load_config(CONFIG)), *hashes}) == len(OTHER_NUMBERS) + 1


def test_a_table_counts_by_content_not_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("wavelength_um,n,k\n# film\n0.6, 1.70, 0.01\n0.7, 1.69, 0.0\n")
    (tmp_path / "b.csv").write_text("wavelength_um,n,k\n0.60,1.7,1e-2\n0.70,1.69,0\n")
    (tmp_path / "run.yaml").write_text(CONFIG.read_text().replace("npl: {n: 1.768}", "npl: {table: a.csv}"))
    a = load_config(tmp_path / "run.yaml")
    b = load_config(tmp_path / "run.yaml", ["materials.npl.table=b.csv"])
    assert a != b
    assert config_hash(a) == config_hash(b)
    assert reread(a) == a


def test_overrides_go_by_index_or_name_in_order() -> None:
    config = load_config(
        CONFIG, ["geometry.layers.shell.thickness=1 um", "geometry.layers.1.thickness=0.5 um"]
    )
    assert config.geometry.radii_um == (10.0, 10.5)
    by_null = load_config(
        CONFIG, ["geometry.layers.shell.thickness=null", "geometry.layers.shell.radius=11 um"]
    )
    assert by_null.geometry.radii_um == (10.0, 11.0)


def test_overriding_leaves_the_given_mapping_alone() -> None:
    raw = parse_yaml(CONFIG.read_text())
    load_config(raw, ["geometry.layers.shell.thickness=1 um"])
    assert raw == parse_yaml(CONFIG.read_text())
    assert load_config(load_config(raw), ["modes.limit=3"]).modes.limit == 3


def test_spheroid_shapes() -> None:
    def body(text: str) -> tuple[tuple[float, float], ...]:
        config = load_config(CONFIG, [f"geometry={text}"])
        return config.geometry.semi_axes_um

    similar = (
        "{kind: spheroid, aspect: 0.5, ambient: air, layers: [{name: a, material: npl, diameter: 8 um}, %s]}"
    )
    assert body(similar % "{name: b, material: npl, thickness: 1 um}") == ((4.0, 2.0), (5.0, 2.5))
    explicit = (
        "{kind: spheroid, ambient: air, layers: [{name: a, material: npl, equatorial_radius: 4 um,"
        " polar_radius: 6 um}, {name: b, material: npl, thickness: 1 um}]}"
    )
    assert body(explicit) == ((4.0, 6.0), (5.0, 7.0))


def test_yaml_is_read_by_the_core_schema() -> None:
    data = parse_yaml(
        "{a: 1e-8, b: no, c: 12:30, d: 0o17, e: 2022-01-01, f: .inf, g: '1', h: TRUE, i: -7, j: ~}"
    )
    expected = {
        "a": 1e-8,
        "b": "no",
        "c": "12:30",
        "d": "0o17",
        "e": "2022-01-01",
        "f": float("inf"),
        "g": "1",
    }
    assert data == {**expected, "h": True, "i": -7, "j": None}


def test_aliases_are_allowed() -> None:
    assert parse_yaml("a: &x {n: 1}\nb: *x") == {"a": {"n": 1}, "b": {"n": 1}}


def test_json_schema_names_every_section_and_refuses_others() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert {"schema", "geometry", "materials", "modes", "accuracy", "outputs", "sweep"} <= set(
        schema["properties"]
    )
    assert schema["additionalProperties"] is False
    assert "window" in schema["$defs"]["Modes"]["properties"]


def test_a_layer_without_thickness_is_not_there() -> None:
    """The bare body, as the reference of a coated one; the limit of ever thinner layers."""
    from femwgm.config.geometries import LayeredSphere as Sphere

    core = {"name": "core", "material": "glass", "radius": "2 um"}
    coated = {
        "kind": "layered_sphere",
        "ambient": "air",
        "layers": [core, {"name": "film", "material": "npl", "thickness": "0 nm"}],
    }
    bare = Sphere.model_validate(coated)
    assert bare.radii_um == (2.0,)
    assert bare.regions == ("core", "air")
    nothing = {
        "kind": "layered_sphere",
        "ambient": "air",
        "layers": [{"name": "film", "material": "npl", "thickness": "0 nm"}],
    }
    with pytest.raises(ValueError, match="all layers have zero thickness"):
        Sphere.model_validate(nothing)
