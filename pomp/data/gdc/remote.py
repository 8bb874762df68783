"""What the GDC says about projects, files and the samples they are about, checked where it comes in."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Answer(BaseModel):
    """What the API says: fields that are not named here are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RemoteSample(Answer):
    """A sample, such as TCGA-DD-A1EB-01A. Projects that are newer than TCGA may give a tissue type only."""

    submitter_id: str
    sample_type: str | None = None
    tissue_type: str | None = None


class RemoteProject(Answer):
    project_id: str
    name: str = ""


class RemoteCase(Answer):
    """A patient, with the samples that the file is about."""

    submitter_id: str
    project: RemoteProject
    samples: tuple[RemoteSample, ...] = ()


class RemoteFile(Answer):
    """A file as the GDC lists it. Id and name become a path: they are held to what cannot leave a folder."""

    file_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*$")]
    file_name: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_][^/\\\x00-\x1f]*$")]
    md5sum: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    file_size: Annotated[int, Field(ge=0)]  # bytes
    state: str = ""
    data_category: str = ""
    data_type: str = ""
    cases: tuple[RemoteCase, ...] = ()
