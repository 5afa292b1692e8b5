"""Which text does a client sign, by its key or in a shared access signature?

The layouts changed over the years. Each function returns the text for one request or one token.
"""

from collections.abc import Callable, Iterator, Mapping

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "SharedKey signs an empty Content-Length as nothing; before 2015-02-21 a length of zero"
        " was signed as `0`.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, authorize with Shared Key",
    ),
    Fact(
        "The x-ms- headers are sorted by their bytes or, as today's SDKs do, with hyphens ignored"
        " at first; either is accepted.",
        Evidence.CAPTURED,
        "azure-storage 0.20 sorts the first way, azure-storage-blob 12 the second",
    ),
    Fact(
        "What a SAS signs grew with its version: the response headers in 2013-08-15, `/blob` before"
        " the account in 2015-02-21, address and protocol in 2015-04-05, resource and snapshot in"
        " 2018-11-09, the encryption scope in 2020-12-06.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, create a service SAS",
    ),
)

_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
_ZERO_IS_EMPTY_FROM = "2015-02-21"
_RESPONSE_HEADERS = ("rscc", "rscd", "rsce", "rscl", "rsct")


def shared_key(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], version: str
) -> Iterator[bytes]:
    """Yield the texts that a SharedKey signature may be of. `path` begins with `/account`."""
    values = {name: headers.get(name, "") for name in _SIGNED_HEADERS}
    if values["content-length"] == "0" and version >= _ZERO_IS_EMPTY_FROM:
        values["content-length"] = ""
    if "x-ms-date" in headers:
        values["date"] = ""
    resource = path + "".join(f"\n{name}:{query[name]}" for name in sorted(query))
    front = "\n".join([method, *values.values(), ""])
    for canonical in _canonical_headers(headers):
        yield (front + canonical).encode("latin-1") + resource.encode()


def shared_key_lite(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield the texts that a SharedKeyLite signature may be of."""
    date = "" if "x-ms-date" in headers else headers.get("date", "")
    front = "\n".join(
        [method, headers.get("content-md5", ""), headers.get("content-type", ""), date, ""]
    )
    resource = f"{path}?comp={query['comp']}" if "comp" in query else path
    for canonical in _canonical_headers(headers):
        yield (front + canonical).encode("latin-1") + resource.encode()


def _canonical_headers(headers: Mapping[str, str]) -> Iterator[str]:
    ours = [name for name in headers if name.startswith("x-ms-")]
    by_bytes = sorted(ours)
    yield _lines(headers, by_bytes)
    if (by_weight := sorted(ours, key=_weight)) != by_bytes:
        yield _lines(headers, by_weight)


def _lines(headers: Mapping[str, str], names: list[str]) -> str:
    return "".join(f"{name}:{headers[name].strip()}\n" for name in names)


def _weight(name: str) -> tuple[list[tuple[bool, str]], list[int]]:
    """Order names as a word list does: hyphens count only between names that are else the same."""
    letters = [(letter.isalnum(), letter) for letter in name if letter != "-"]
    return letters, [-place for place, letter in enumerate(name) if letter == "-"]


def service_sas(values: Mapping[str, str], account: str, container: str, blob: str) -> bytes:
    """Return the text that a service SAS with these parameters signs for a place."""
    version = values.get("sv", "")
    given: Callable[[str], str] = lambda name: values.get(name, "")  # noqa: E731
    place = f"/{account}/{container}" + (f"/{blob}" if given("sr") != "c" else "")
    lines = [given("sp"), given("st"), given("se")]
    lines += [f"/blob{place}" if version >= "2015-02-21" else place, given("si")]
    if version >= "2015-04-05":
        lines += [given("sip"), given("spr")]
    if version:
        lines.append(version)
    if version >= "2018-11-09":
        lines += [given("sr"), given("snapshot")]
    if version >= "2020-12-06":
        lines.append(given("ses"))
    if version >= "2013-08-15":
        lines += [given(name) for name in _RESPONSE_HEADERS]
    return "\n".join(lines).encode()


def account_sas(values: Mapping[str, str], account: str) -> bytes:
    """Return the text that an account SAS with these parameters signs."""
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    if values.get("sv", "") >= "2020-12-06":
        names.append("ses")
    return "\n".join([account, *(values.get(name, "") for name in names), ""]).encode()
