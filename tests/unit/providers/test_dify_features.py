"""How an app takes pictures, as its parameters tell it."""

import json

import pytest

from yingda.errors import PictureUnusable
from yingda.providers.dify_features import PictureWay, picture_way


def way(parameters: dict[str, object], **inputs: str) -> PictureWay:
    return picture_way(json.dumps(parameters).encode(), inputs)


def image(**fields: object) -> dict[str, object]:
    return {"file_upload": {"image": fields}}


@pytest.mark.parametrize(
    ("parameters", "most"),
    [
        ({}, 10),
        ({"file_upload": None}, 10),
        ({"file_upload": {}}, 10),
        (image(enabled=True, number_limits=3, transfer_methods=["remote_url", "local_file"]), 3),
        (image(enabled=True), 10),
        ({"file_upload": {"enabled": True, "number_limits": 5, "image": {"enabled": False}}}, 5),
        ({"file_upload": {"enabled": True, "allowed_file_types": ["document", "image"]}}, 10),
        ({"file_upload": {"enabled": True, "allowed_file_types": ["custom"]}}, 10),
        ({"file_upload": {"enabled": True, "allowed_file_upload_methods": ["local_file"]}}, 10),
        (image(enabled=True, number_limits=99), 10),
    ],
)
def test_an_app_with_pictures_switched_on_takes_them_as_files(
    parameters: dict[str, object], most: int
) -> None:
    assert way(parameters) == PictureWay(most=most)


@pytest.mark.parametrize(
    "parameters",
    [
        image(enabled=False),
        {"file_upload": {"enabled": False, "image": {"enabled": True}}},
        {"file_upload": {"enabled": True, "allowed_file_types": ["document"]}},
    ],
)
def test_an_app_without_pictures_is_told_with_its_setting(parameters: dict[str, object]) -> None:
    with pytest.raises(PictureUnusable) as caught:
        way(parameters)
    assert "File Upload" in caught.value.mend


@pytest.mark.parametrize(
    "parameters",
    [
        image(enabled=True, transfer_methods=["remote_url"]),
        {"file_upload": {"enabled": True, "allowed_file_upload_methods": ["remote_url"]}},
    ],
)
def test_an_app_that_takes_urls_alone_is_told_with_its_setting(
    parameters: dict[str, object],
) -> None:
    with pytest.raises(PictureUnusable) as caught:
        way(parameters)
    assert "local upload" in caught.value.mend


def test_a_file_variable_takes_pictures_where_the_app_has_no_upload_of_its_own() -> None:
    form = [
        {"text-input": {"variable": "name"}},
        {"file": {"variable": "contract", "allowed_file_types": ["document"]}},
        {"file": {"variable": "odd", "allowed_file_types": "image"}},
        {"file-list": {"variable": "far", "allowed_file_upload_methods": ["remote_url"]}},
        {"file-list": {"variable": "photos", "allowed_file_types": ["image"], "max_length": 2}},
        {"file": {"variable": "photo"}},
    ]
    parameters = {**image(enabled=False), "user_input_form": form}
    assert way(parameters) == PictureWay(variable="photos", most=2)
    assert way(parameters, photos="x") == PictureWay(variable="photo", is_list=False, most=1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"file_upload": 5}', b"\xff"])
def test_parameters_that_cannot_be_read_leave_it_to_the_run(body: bytes) -> None:
    assert picture_way(body, {}) == PictureWay()
