"""What a notebook shows without being asked, and how modes are picked there."""

from __future__ import annotations

import re

import pytest
from support.pictures import small_run

from femwgm.errors import ConfigError
from femwgm.ground.numbers import with_error


def test_a_mode_shows_numbers_with_errors_and_a_picture() -> None:
    mode = small_run().modes["TM163"]
    page = mode._repr_html_()
    digits = re.search(r"659\.121\d+\(\d+\)", page)
    assert digits, page[:2000]
    assert "data:image/png;base64" in page
    assert 'class="light good">met' in page
    assert repr(mode) == f"<Mode TM q=1 l=163 m=163, {mode.wavelength_nm:.7f} nm>"


def test_a_run_shows_its_table_and_is_short_in_words() -> None:
    result = small_run()
    page = result._repr_html_()
    assert page.count("<tr>") == 3
    assert "data:image/png;base64" in page
    assert len(repr(result)) < 100
    assert result.modes._repr_html_().count("<tr>") == 3
    assert "srcdoc" in result.view("TE163")._repr_html_()


def test_modes_by_name_and_by_labels() -> None:
    modes = small_run().modes
    assert modes["te 163"].pol == modes.sel(pol="te")[0].pol == "TE"
    assert modes["TM q=1 m=163"] is modes.sel(pol="tm", l=163)[0]
    with pytest.raises(KeyError, match="there are TM q=1"):
        modes["TE999"]
    with pytest.raises(ConfigError, match="choose TE or TM"):
        modes.sel(pol="TX")
    with pytest.raises(ConfigError, match="did you mean pol"):
        modes.sel(poll="TE")
    assert len(modes.sel(l=1)) == 0


def test_completion_offers_no_internals() -> None:
    result = small_run()
    for shown in (result, result.modes, result.modes[0]):
        assert not [name for name in dir(shown) if name.startswith("_")]
    assert "field" in dir(result.modes[0])
    assert not {"field_data", "other", "differentiate"} & set(dir(result.modes[0]))


@pytest.mark.parametrize(
    ("value", "relative", "text"),
    [
        (659.12100491, 1.4e-9, "659.121005(1)"),
        (1.7869, 2e-4, "1.7869(4)"),
        (25.0, None, "25"),
        (None, 1e-3, ""),
        (0.0, 1e-9, "0"),
    ],
)
def test_errors_are_in_units_of_the_last_digit(
    value: float | None, relative: float | None, text: str
) -> None:
    assert with_error(value, relative) == text
