"""Is a server found that takes a key from the address?"""

from urllib.parse import quote_plus

from typing_extensions import override

from tests.contracts.checks.tiny_service import KEY, TinyService, at

CHECK = "key_in_query_is_not_taken"


class Open(TinyService):
    """Takes the key from anywhere."""

    @override
    def is_allowed(self) -> bool:
        return super().is_allowed() or quote_plus(KEY) in self.path


def test_a_key_in_the_header_only_keeps_it() -> None:
    """The service that the other is made of is right."""
    assert at(TinyService, CHECK) == ("", [])


def test_a_key_from_the_address_is_found() -> None:
    """It was as good as the header."""
    _, (what,) = at(Open, CHECK)
    assert what.startswith("200 instead of 401")
