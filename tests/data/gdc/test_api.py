"""The client against a server that speaks as documented, and against one that does not."""

from __future__ import annotations

import pytest

from pomp.data.gdc import api
from pomp.data.gdc.api import Gdc
from pomp.data.gdc.errors import FetchError
from pomp.data.gdc.patience import Patience
from pomp.data.gdc.plan import DATA_TYPES
from tests.data.gdc.server import BETA, MIRNA, PROJECT, RELEASE, SLIDE, Fault, case, served, serving

QUICK = Patience(attempts=3, first_seconds=0.001, longest_seconds=1)
STAR = served("a.rna_seq.augmented_star_gene_counts.tsv", b"counts")


def test_status_and_project() -> None:
    with serving([STAR]) as server, Gdc(server.address + "/") as gdc:
        assert gdc.data_release() == RELEASE
        assert gdc.project(PROJECT).name == "Liver Hepatocellular Carcinoma"


def test_files_are_told_apart_as_the_gdc_tells_them() -> None:
    wanted = {
        "mrna": STAR,
        "mirna": served("a.mirbase21.mirnas.quantification.txt", b"mirna", **MIRNA),
        "methylation": served("a.methylation_array.sesame.level3betas.txt", b"beta", **BETA),
        "slides": served("TCGA-DD-A1EB-01Z-00-DX1.svs", b"slide", ("TCGA-DD-A1EB-01Z",), **SLIDE),
    }
    others = [
        served("star2.bedpe", b"x", data_type="Transcript Fusion"),
        served("htseq.counts", b"x", analysis={"workflow_type": "HTSeq - Counts"}),
        served("27.betas.txt", b"x", **BETA | {"platform": "Illumina Human Methylation 27"}),
        served("TCGA-DD-A1EB-01A-01-TSA.svs", b"x", **SLIDE | {"experimental_strategy": "Tissue Slide"}),
        served("controlled.tsv", b"x", access="controlled"),
    ]
    with serving([*wanted.values(), *others]) as server, Gdc(server.address) as gdc:
        for name, file in wanted.items():
            (found,) = gdc.files(DATA_TYPES[name] | {"access": "open"})
            assert (found.file_id, found.file_size, found.md5sum) == (file.id, len(file.content), file.entry["md5sum"])


def test_long_lists_come_in_pages() -> None:
    files = [served(f"{number}.tsv", b"x") for number in range(7)]
    with serving(files) as server, Gdc(server.address) as gdc:
        server.page_limit = 3
        assert {file.file_id for file in gdc.files(DATA_TYPES["mrna"])} == {file.id for file in files}
        assert [body["from"] for body in server.bodies] == [0, 3, 6]
        assert all(body["size"] == 1000 and body["sort"] == "file_id:asc" for body in server.bodies)


def test_cases_bring_their_clinical_data() -> None:
    patients = [case("TCGA-DD-A1EB", 300), case("TCGA-DD-A4NA", None)]
    with serving([STAR], patients) as server, Gdc(server.address) as gdc:
        assert {hit["submitter_id"] for hit in gdc.cases(PROJECT)} == {"TCGA-DD-A1EB", "TCGA-DD-A4NA"}
        (body,) = server.bodies
        assert body["expand"] == "demographic,diagnoses,follow_ups"
        assert body["filters"]["content"] == [{"op": "=", "content": {"field": "project.project_id", "value": PROJECT}}]


RECOVERS = {
    "429 with Retry-After": [Fault(429, {"Retry-After": "0"})],
    "503, then 502": [Fault(503), Fault(502)],
    "no JSON": [Fault(body=b"<html>Please log in</html>")],
    "half an answer": [Fault(cut_after=20)],
    "nothing at all": [Fault(cut_after=0), Fault(cut_after=0)],
}


@pytest.mark.parametrize("name", RECOVERS)
def test_what_may_pass_is_tried_again(name: str) -> None:
    with serving([STAR]) as server, Gdc(server.address, QUICK) as gdc:
        server.fail("status", *RECOVERS[name])
        assert gdc.data_release() == RELEASE
        assert len(server.asked("status")) == len(RECOVERS[name]) + 1


# What the server does each time → the message, and how often it is asked.
FAILURES = {
    "busy": (Fault(503), r"status answers 503 .*: 'as the test wants it'\. Tried 3 times; try again later", 3),
    "asks for an hour": (Fault(429, {"Retry-After": "3600"}), "The server asks to wait 3600 s", 1),
    "a login page": (
        Fault(body=b"<html>Please\nlog in</html>"),
        r"answers no JSON: '<html>Please log in</html>'\. Is a proxy or a login page in between\?",
        3,
    ),
    "refused": (Fault(403), "status answers 403 Forbidden", 1),
    "another shape": (
        Fault(body=b'{"release": 45}'),
        "answers in a shape that is not documented: 'data_release' is .*: Field required",
        1,
    ),
    "no object": (Fault(body=b"[]"), "answers in a shape that is not documented", 1),
    "breaks off": (Fault(cut_after=5), "The connection broke off while .*status was coming", 3),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str) -> None:
    fault, message, times = FAILURES[name]
    with serving([STAR]) as server, Gdc(server.address, QUICK) as gdc:
        server.fail("status", *[fault] * 3)
        with pytest.raises(FetchError, match=message):
            gdc.data_release()
        assert len(server.asked("status")) == times


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_project(status: int) -> None:
    with serving([STAR]) as server, Gdc(server.address) as gdc:
        server.fail("projects/TCGA-LIVER", Fault(status))
        with pytest.raises(
            FetchError, match=r"The GDC knows no project 'TCGA-LIVER'\. Ids are written as in TCGA-LIHC"
        ):
            gdc.project("TCGA-LIVER")


def test_a_project_cannot_name_another_path() -> None:
    with serving([STAR]) as server, Gdc(server.address) as gdc:
        with pytest.raises(FetchError, match="knows no project '../status'"):
            gdc.project("../status")
        assert server.log[0][1] == "projects/..%2Fstatus"


ENTRIES = {
    "a path as name": ({"file_name": "../../etc/passwd"}, "'file_name' is '../../etc/passwd'"),
    "a hidden name": ({"file_name": ".bashrc"}, "'file_name' is '.bashrc'"),
    "a path as id": ({"file_id": "../x"}, "'file_id' is '../x'"),
    "no MD5": ({"md5sum": ""}, "'md5sum' is ''"),
    "no size": ({"file_size": None}, "'file_size' is 'None'"),
    "a negative size": ({"file_size": -1}, "'file_size' is '-1'"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_entries_that_cannot_be_fetched(name: str) -> None:
    fields, message = ENTRIES[name]
    with (
        serving([served("a.tsv", b"x", **fields)]) as server,
        Gdc(server.address) as gdc,
        pytest.raises(FetchError, match=message),
    ):
        gdc.files(DATA_TYPES["mrna"])


def test_a_list_that_ends_early() -> None:
    with serving([STAR]) as server, Gdc(server.address, QUICK) as gdc:
        server.fail("files", Fault(body=b'{"data": {"hits": [], "pagination": {"total": 3}}}'))
        with pytest.raises(FetchError, match="files lists 0 of 3 entries. Run it again"):
            gdc.files(DATA_TYPES["mrna"])


def test_nobody_there() -> None:
    with serving([STAR]) as server:
        address = server.address
    with Gdc(address, QUICK) as gdc, pytest.raises(FetchError, match=r"status cannot be reached: .*refused\. Tried 3"):
        gdc.data_release()


def test_no_secure_connection() -> None:
    message = r"cannot be reached: .*SSL.* name its certificate in REQUESTS_CA_BUNDLE"
    with (
        serving([STAR]) as server,
        Gdc(server.address.replace("http://", "https://"), QUICK) as gdc,
        pytest.raises(FetchError, match=message),
    ):
        gdc.data_release()


def test_a_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([STAR]) as server, Gdc("http://gdc.invalid", QUICK) as gdc:
        monkeypatch.setenv("http_proxy", server.address)
        server.fail("http://gdc.invalid/status", Fault(body=b'{"data_release": "by proxy"}'))
        assert gdc.data_release() == "by proxy"


@pytest.mark.parametrize("address", ["api.gdc.cancer.gov", "ftp://mirror", "https://", ""])
def test_no_address(address: str) -> None:
    with pytest.raises(FetchError, match=f"'{address}' is no address of an API: write it as https://api.gdc"):
        Gdc(address)


def test_certificates_are_checked_and_the_address_is_public() -> None:
    with Gdc() as gdc:
        assert gdc._session.verify is True
        assert gdc.address == api.GDC_API == "https://api.gdc.cancer.gov"
