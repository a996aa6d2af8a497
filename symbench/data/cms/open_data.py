"""Files of CMS events that CERN Open Data publishes for teaching: their names, checksums and places.

There are two kinds. Files with a `url` are listed under their name in a record, and are fetched from CERN: record 700
(the record states the size and Adler-32 of MuRun2010B_0.csv) and record 5200. The others were derived from the primary
datasets of record 545, but under their usual names they are distributed with CMS' teaching notebooks, not with the
record, whose own extracts hold other events (its Zee.csv has 10,000, Zee_Run2011A.csv 18,885). No address at CERN is
known for them: users put them in place by hand, and the SHA-256 confirms that they are the right files.

This module imports no heavy package: `symbench plan` needs the checksums and sizes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from symbench.data.public.fetch import Download, require_digest
from symbench.errors import DataError, MissingDataError, UnknownNameError

FOLDER = "cms-open-data"
LICENCE = "CC0-1.0 (CERN Open Data)"
PORTAL = "https://opendata.cern.ch/record"
TEACHING = "https://github.com/cms-opendata-education/cms-jupyter-materials-english (folder Data)"


@dataclass(frozen=True)
class OpenFile:
    """One file of recorded events, a row an event.

    record   number of the CERN Open Data record that publishes the events, or from which they were derived
    rows     number of events; (Run, Event) is distinct in each
    listed   whether the record lists a file of this name, so that it can be fetched from CERN
    """

    name: str
    record: int
    sha256: str
    rows: int
    what: str
    listed: bool = True

    @property
    def page(self) -> str:
        """The record's page."""
        return f"{PORTAL}/{self.record}"

    @property
    def url(self) -> str | None:
        """CERN's address of the file; None if it has to be put in place by hand."""
        return f"{self.page}/files/{self.name}" if self.listed else None

    @property
    def by_hand(self) -> str:
        """The address for the user, and the command to run after the download."""
        where = self.page if self.listed else f"{TEACHING}; its events are of {self.page}"
        return f"download it from {where}, and run `symbench data fetch {self.name} --from PATH`"

    def download(self, data: Path) -> Download:
        """The download of this file into the data folder."""
        return Download(self.name, f"sha256:{self.sha256}", data / FOLDER, self.url, self.by_hand)


_Z = OpenFile(
    "Zmumu_Run2011A_masses.csv",
    545,
    "d98a77a17049d9e91eedd74c9824a714c7c98188095547cb7f6abf9a1e14c5bc",
    10_851,
    "muon pairs of 2011 near the Z, 60 to 120 GeV, of opposite sign",
    listed=False,
)
_UPSILON = OpenFile(
    "peakdata3.csv",
    545,
    "230c776ac457783ce2cf5c38807ff05e1e3c8f737e8b2386a765df2adebb7906",
    19_519,
    "muon pairs of 2011 at the Υ, 9.0 to 9.7 GeV",
    listed=False,
)
_2010 = OpenFile(
    "MuRun2010B_0.csv",
    700,
    "7af9206099dca53393c4ef4696be70f29da3bfecdc881b0d5f5bb48e9d612628",
    10_000,
    "muon pairs of 2010, 2 to 110 GeV: 6,258 of opposite and 3,742 of the same sign",
)
_ELECTRONS = OpenFile(
    "Zee_Run2011A.csv",
    545,
    "b232564653e7072d0bcd62888723e05532313853ca67134c94f3486f1c15ba1b",
    18_885,
    "electron pairs of 2011 near the Z, as pT, η, φ and charge",
    listed=False,
)
_FOUR_LEPTONS = (
    OpenFile("2e2mu_2011.csv", 5200, "b218244b0e15fe5209cde85e79b4194a17813e079cf01ea6c6d1fd62ec90348d", 13, "2e2μ"),
    OpenFile("2e2mu_2012.csv", 5200, "65c0fb187623c2ab7790fa8c8ebaaaf8bd3bd861a95b0ed706e0e6f628eb99bd", 104, "2e2μ"),
    OpenFile("4e_2011.csv", 5200, "53bcf1e51582bf6a49e52167bc5b594b280c623df66258ddc51ec9ea05f6c8c3", 7, "4e"),
    OpenFile("4e_2012.csv", 5200, "7f5fee3e126a7800dcdd17ed018f46c786ccfeccc9ec82e04c05487be978914e", 41, "4e"),
    OpenFile("4mu_2011.csv", 5200, "b49969df770f15d7bd6c18f0109885931d761d48a323eaa3f903e243ab682770", 18, "4μ"),
    OpenFile("4mu_2012.csv", 5200, "0e0fb5a9159e30491b18b6b7888871e394386827f966d502a2e3cc40bf09065d", 95, "4μ"),
)

FILES: dict[str, OpenFile] = {file.name: file for file in (_Z, _UPSILON, _2010, _ELECTRONS, *_FOUR_LEPTONS)}
"""All known files by name."""

GROUPS: dict[str, tuple[OpenFile, ...]] = {
    "cms-dimuon-mass-2010": (_2010,),
    "cms-dimuon-mass-2011": (_Z, _UPSILON),
    "cms-dielectron-mass": (_ELECTRONS,),
    "cms-fourlepton-mass": _FOUR_LEPTONS,
    "cms-resonance": (_2010, _UPSILON, _Z),
    "cms-upsilon-pairs": (_UPSILON,),
    "cms-jpsi-pairs": (_2010,),
    "cms-dimuon-spectrum": (_2010,),
    "cms-same-sign": (_2010,),
    "cms-four-leptons": _FOUR_LEPTONS,
}
"""The files that a task reads, by the task's name."""


def named(name: str) -> tuple[OpenFile, ...]:
    """The files of this name, or of the task of this name; raises UnknownNameError."""
    if name in GROUPS:
        return GROUPS[name]
    if name in FILES:
        return (FILES[name],)
    raise UnknownNameError("file or task with files", name, [*FILES, *GROUPS])


def missing(files: tuple[OpenFile, ...], data: Path) -> tuple[str, ...]:
    """The files that are not in the home's data folder, each with the ways to get it."""
    return tuple(f"{file.name}: {_ways(file)}" for file in files if not (data / FOLDER / file.name).is_file())


def _ways(file: OpenFile) -> str:
    return (f"run `symbench data fetch {file.name}`, or " if file.url else "") + file.by_hand


def locate(file: OpenFile, data: Path) -> Path:
    """The file in the home's data folder, after its checksum is verified.

    Raises MissingDataError with the ways to get it, DataError if it is another file of that name.
    """
    path = data / FOLDER / file.name
    if not path.is_file():
        raise MissingDataError(f"{path}: there is no such file: {_ways(file)}")
    verify(file, path)
    return path


def verify(file: OpenFile, path: Path) -> bytes:
    """The file's content; raises DataError if it cannot be read or has another checksum."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    digest = hashlib.sha256(content).hexdigest()  # of the bytes that are returned
    require_digest(file.name, f"sha256:{file.sha256}", digest, path, f"; {file.by_hand}")
    return content
