"""Tables of peaks and priors: what is read, what is filled in, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from femwgm.errors import ConfigError
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks, read_peaks
from femwgm.experiment.spectrum.prior import prior_from
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant


def write(folder: Path, text: str) -> Path:
    path = folder / "peaks.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_sorted_and_completed(tmp_path: Path) -> None:
    table = "# lab book 12\nwavelength_nm,width_nm,pol,height\n660.2,0.2,te,5\n651.0,,,\n655.5,0.1,TM,9\n"
    peaks = read_peaks(write(tmp_path, table))
    assert peaks.wavelength_nm.tolist() == [651.0, 655.5, 660.2]
    assert peaks.pol == ("", "TM", "TE")
    assert peaks.error_nm.round(6).tolist() == [0.02, 0.01, 0.02]
    assert np.isnan(peaks.height[0])
    assert peaks.height[1:].tolist() == [9.0, 5.0]
    assert peaks.quality[1] == pytest.approx(6555.0)


@pytest.mark.parametrize(
    "table",
    [
        "Wavelength (nm);FWHM (nm);Polarization;Intensity\n660,2;0,2;te;5\n651;;-;\n655,5;0,1;TM;9\n",
        "lambda / um\tfwhm [pm]\tpol\tcounts\n0.6602\t200\tTE\t5\n0.651\tNaN\t\tn/a\n0.6555\t100\ttm\t9\n",
        "\ufeffwavelength_nm,width_nm,pol,height\r\n660.2,0.2,TE,5\r\n651,nan,?,\r\n655.5,0.1,TM,9\r\n",
        "wavelength_nm , linewidth_pm, polarisation, amplitude\n6.602e2,200,TE,5\n651,,,\n655.5,100,TM,9\n",
    ],
)
def test_tables_as_laboratories_write_them(tmp_path: Path, table: str) -> None:
    peaks = read_peaks(write(tmp_path, table))
    assert peaks.wavelength_nm == pytest.approx([651.0, 655.5, 660.2], rel=1e-14)
    assert peaks.width_nm[1:] == pytest.approx([0.1, 0.2], rel=1e-12)
    assert np.isnan(peaks.width_nm[0])
    assert peaks.pol == ("", "TM", "TE")
    assert peaks.height[1:].tolist() == [9.0, 5.0]


def test_a_table_of_a_spreadsheet_in_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "peaks.txt"
    path.write_text("wavelength (nm)\twidth (nm)\n660,2\t0,2\n", encoding="utf-16")
    assert read_peaks(path).wavelength_nm.tolist() == [660.2]


def test_stated_errors_win_over_widths(tmp_path: Path) -> None:
    peaks = read_peaks(write(tmp_path, "wavelength_nm,width_nm,error_nm\n660,0.2,0.003\n"))
    assert peaks.error_nm.tolist() == [0.003]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wavelength\n660\n", "did you mean 'wavelength_nm'"),
        ("wavelength_nm,mood\n660,1\n", "mood: unknown column; known columns"),
        ("width_nm\n0.1\n", "the header needs 'wavelength_nm' once"),
        ("wavelength_nm\n", "0 peaks"),
        ("", "the table of peaks is empty"),
        ("\n# nothing\n\n", "the table of peaks is empty"),
        ("wavelength_nm\n-3\n", "line 2, wavelength_nm = '-3': must be a positive number"),
        ("wavelength_nm\nnan\n", "a peak without wavelength"),
        ("wavelength_nm,width_nm\n,0.1\n", "a peak without wavelength"),
        ("wavelength_nm,pol\n660,TEM\n", "line 2, pol = 'TEM': must be TE, TM or empty"),
        ("wavelength_nm,pol\n660\n", "line 2 has 1 cells, the header 2"),
        ("# book\n\nwavelength_nm\n660\nx\n", "line 5, wavelength_nm = 'x': must be a number"),
        ("660.1\n655.2\n", "line 1: has numbers where the headings should be"),
        ("wavelength_nm\n0.660\n", "is not an optical wavelength; name the column by its unit"),
        ("Wavelength (K)\n450\n", "has the unit 'k', which is no length"),
        ("wavelength_nm,Peak (nm)\n660,660\n", "Peak (nm): two columns say the same"),
        ("wavelength_nm,width_nm\n660,1;0,1\n", "separate the columns by semicolons or tabs"),
        ("wavelength_nm\n660 nm\n", "'660 nm': must be a number"),
        ("wavelength_nm\ninf\n", "'inf': must be a number"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_peaks(write(tmp_path, text))
    assert said in str(caught.value)
    assert "peaks.csv" in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_peaks(tmp_path / "none.csv")


def coated() -> CoatedSphere:
    media = {
        n: Material(n, Constant(complex(v) ** 2)) for n, v in (("core", 1.45), ("shell", 1.768), ("air", 1.0))
    }
    return CoatedSphere((10.0, 10.49), media, reference_um=0.66)


def test_deviations_come_as_shares_lengths_and_numbers() -> None:
    prior = prior_from(coated(), ["diameter=2%", "thickness = 20 nm", "index=0.03", "slope=0.1"])
    assert prior.mean == pytest.approx([20.0, 0.49, 1.768, 0.0])
    assert prior.deviation == pytest.approx([0.4, 0.02, 0.03, 0.1])
    # An index that is a number disperses in a way that is not known; a law is taken at its word.
    assert prior_from(coated()).mean[3] == -0.1
    assert prior_from(coated()).deviation[3] == 0.1
    assert prior_from(coated(), {"index": "0"}).free.tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    "text", ["size=2%", "diameter", "diameter=wide", "index=-0.1", "thickness=20", "index=20 nm"]
)
def test_deviations_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--free"):
        prior_from(coated(), [text])


def test_prior_density_is_that_of_normal_distributions() -> None:
    prior = prior_from(coated(), ["diameter=1 um", "thickness=0", "index=0", "slope=0"])
    x = prior.mean + np.array([0.7, 0.0, 0.0, 0.0])
    assert prior.log_density(x) == pytest.approx(-0.5 * 0.49 - 0.5 * np.log(2.0 * np.pi))


def test_peaks_keep_their_polarization_when_sorted() -> None:
    peaks = Peaks.of([3.0, 1.0, 2.0], pol=["TE", "TM", ""], height=[3.0, 1.0, 2.0])
    assert peaks.pol == ("TM", "", "TE")
    assert peaks.height.tolist() == [1.0, 2.0, 3.0]
