"""The tree of errors."""

import re

import pytest

from yingda import errors
from yingda.errors import FailureKind, ProviderError, RequestRejected, YingdaError


def below(root: type[YingdaError]) -> list[type[YingdaError]]:
    own = [kind for kind in root.__subclasses__() if kind.__module__.startswith(errors.__name__)]
    return [*own, *(deeper for kind in own for deeper in below(kind))]


def test_the_tree_in_the_docstring_names_every_class_and_no_other() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(kind.__name__ for kind in below(YingdaError))


def test_every_provider_error_has_a_failure_kind_of_its_own() -> None:
    kinds = [kind.kind for kind in ProviderError.__subclasses__()]
    assert len(set(kinds)) == len(kinds)
    assert set(FailureKind) - set(kinds) == {FailureKind.INTERNAL}


@pytest.mark.parametrize("kind", [RequestRejected, *below(RequestRejected)])
def test_a_refused_request_is_a_4xx(kind: type[RequestRejected]) -> None:
    assert 400 <= kind.http_status < 500
    refused = kind("why", "how to mend it")
    assert (str(refused), refused.reason, refused.mend) == ("why", "why", "how to mend it")


@pytest.mark.parametrize("kind", ProviderError.__subclasses__())
def test_a_provider_error_keeps_what_the_operator_needs(kind: type[ProviderError]) -> None:
    error = kind("what it said", mend="do this", retry_after_s=3.0)
    assert (error.detail, error.mend, error.retry_after_s) == ("what it said", "do this", 3.0)
    assert kind.__doc__
