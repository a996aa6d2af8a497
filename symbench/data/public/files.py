"""Public jet data sets: their files, and the checksums that their records publish.

The MD5 sums are those of the Zenodo records. No file is shipped, and none is needed unless a task reads it.

This module imports no heavy package: `symbench plan` needs the checksums and sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from symbench.data.public import fetch
from symbench.data.public.fetch import Download
from symbench.errors import MissingDataError


@dataclass(frozen=True)
class PublicFile:
    """One file of a record.

    checksum  `md5:…` or `sha256:…`, as published
    jets      number of jets in it; None if that is not checked
    """

    name: str
    checksum: str
    jets: int | None = None


@dataclass(frozen=True)
class PublicRecord:
    """The files of one record, which are kept in a folder of the record's name.

    unpack   what the user has to do with the downloaded files; empty if nothing
    """

    name: str
    page: str
    what: str
    licence: str
    files: tuple[PublicFile, ...]
    unpack: str = ""

    def url(self, file: PublicFile) -> str:
        """The record's address of a file."""
        return f"{self.page.replace('/records/', '/record/')}/files/{file.name}"

    def locate(self, file: PublicFile, folder: Path) -> Path:
        """The file in this folder, not yet verified; raises MissingDataError with the ways to get it."""
        path = folder / file.name
        if not path.is_file():
            raise MissingDataError(
                f"{path}: there is no such file: run `symbench data fetch {self.name}`, or download it from "
                f"{self.page} and run `symbench data fetch {self.name} --from FOLDER`"
            )
        return path

    def download(self, file: PublicFile, data: Path) -> Download:
        """The download of a file into the folder of this record below the data folder."""
        by_hand = f"download it from {self.page} and run `symbench data fetch {self.name} --from FOLDER`"
        return Download(file.name, file.checksum, data / self.name, self.url(file), by_hand, large=True)


def verify(file: PublicFile, path: Path) -> None:
    """Raise DataError unless the file has the bytes that its record publishes; it is read in pieces."""
    fetch.verify(file.name, file.checksum, path)


TOP_TAGGING_REFERENCE = PublicRecord(
    "top-tagging-reference",
    "https://zenodo.org/records/2603256",
    "top and QCD jets, 14 TeV, Pythia 8 and Delphes, 550 to 650 GeV (arXiv:1902.09914)",
    "CC-BY-4.0",
    (
        PublicFile("train.h5", "md5:45663819f47c13724f67eb0fd80bfa5c", 1_211_000),
        PublicFile("val.h5", "md5:dca4b7248027618f041f9baa86d360fc", 403_000),
        PublicFile("test.h5", "md5:13163479dee30a5fe546e4536cc3d04d", 404_000),
    ),
)

JETCLASS = PublicRecord(
    "jetclass",
    "https://zenodo.org/records/6619768",
    "jets of ten classes, 13 TeV, MadGraph, Pythia and Delphes, 500 to 1000 GeV (arXiv:2202.03772)",
    "CC-BY-4.0",
    (
        PublicFile("JetClass_Pythia_val_5M.tar", "md5:7235ccb577ed85023ea3ab4d5e6160cf"),
        PublicFile("JetClass_Pythia_test_20M.tar", "md5:64e5156d26d101adeb43b8388207d767"),
        PublicFile("JetClass_Pythia_train_100M_part0.tar", "md5:de4fd2dca2e68ab3c85d5cfd3bcc65c3"),
        PublicFile("JetClass_Pythia_train_100M_part1.tar", "md5:9722a359c5ef697bea0fbf79bf50f003"),
        PublicFile("JetClass_Pythia_train_100M_part2.tar", "md5:1e9f66cd1f915f9d10e90ae1d7761720"),
        PublicFile("JetClass_Pythia_train_100M_part3.tar", "md5:47348fc8985319fa4806da87500482fa"),
        PublicFile("JetClass_Pythia_train_100M_part4.tar", "md5:6b0ce16bd93b442a8d51914466990279"),
        PublicFile("JetClass_Pythia_train_100M_part5.tar", "md5:416e347512e716de51d392bee327b8e9"),
        PublicFile("JetClass_Pythia_train_100M_part6.tar", "md5:e9b9c1557b1b39bf0a16e4ab631ae451"),
        PublicFile("JetClass_Pythia_train_100M_part7.tar", "md5:5bfc6cb285ccb7680cefa9ac82ad1a2e"),
        PublicFile("JetClass_Pythia_train_100M_part8.tar", "md5:540c1a0d66dfad78d2b363c5740ccf86"),
        PublicFile("JetClass_Pythia_train_100M_part9.tar", "md5:668f40b3275167ff7104c48317c0ae2a"),
    ),
    unpack="unpack each archive where it lies, `tar xf FILE`, and name the folder in the suite",
)

_QUARK_GLUON_MD5 = (
    "f5d052f10a79c6e8b9382637aca0ef52",
    "f6a1081c76a47386bc11abcf0e499552",
    "2628367c57ba598f4473c870d1381041",
    "dd3ad998b0a1bd9acea2ecf029a8a921",
    "a56d6bb98361b55382aa8c06225e05d8",
    "266c688e9e6ff1cd20840692d45eaaf8",
    "95a9f7e555fb7b1073967056b9030b11",
    "4ae72aaabe121bd489532c99a6bdde95",
    "a2b80bd4199468fde4f302d346a8c9d8",
    "1157cbace488c70c9dcfc250f3345b06",
    "4b424b553e1e7f852e47ea9904bc2dcf",
    "ccd29c9d1abb34dd7cfb48cfc57a9695",
    "1ed1f6f19fb8439c9811dced41d5127d",
    "af45818c361e11ca9b3adaba30db06ad",
    "488ced3ea409d7e2b196da67f7d182ec",
    "c5e083019de6cd6a0ef12bcec1ea566b",
    "48605d55edff665f0c7d2f800b5a622e",
    "8fd47760957b5fd9adec9048b50cd1a9",
    "d43d611484b55391e891ba31c605f792",
    "6753508e34014cc69714a01fca20ec38",
)

QUARK_GLUON = PublicRecord(
    "energyflow-quark-gluon",
    "https://zenodo.org/records/3164691",
    "quark (uds) and gluon jets, 14 TeV, Pythia 8.226, R = 0.4, 500 to 550 GeV (arXiv:1810.05165)",
    "CC-BY-4.0",
    tuple(
        PublicFile(f"QG_jets_{index}.npz" if index else "QG_jets.npz", f"md5:{md5}", 100_000)
        for index, md5 in enumerate(_QUARK_GLUON_MD5)
    ),
)

RECORDS: dict[str, PublicRecord] = {record.name: record for record in (TOP_TAGGING_REFERENCE, JETCLASS, QUARK_GLUON)}
"""All known records by name."""
