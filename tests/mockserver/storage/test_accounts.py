"""Which account do a connection string and an address mean, and what is never contacted or told?"""

import base64
import string

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.storage.accounts import Account, Accounts, Place
from mockserver.storage.failures import AddressNotAllowed, ConnectionStringNotUsable
from mockserver.workspace.declaration import AccountDeclaration, StorageDeclaration

KEY = "a2V5IG9mIG91cnM="
EMBEDDED = "http://127.0.0.1:10000"
ELSEWHERE = "https://elsewhere.blob.core.windows.net"
ACCOUNTS = Accounts(
    StorageDeclaration(
        accounts=[
            AccountDeclaration(name=DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY),
            AccountDeclaration(name="elsewhere", key=KEY, endpoint=f"{ELSEWHERE}/"),
        ],
        allowed_hosts=["Allowed.example", "other.example:8080", "127.0.0.1:10010"],
    ),
    EMBEDDED,
)
OURS = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
NAMED = f"AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY}"


def test_the_declared_accounts_are_known() -> None:
    """By name, the first one as the place of outputs that nobody named."""
    ours = Account(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, f"{EMBEDDED}/devstoreaccount1", True)
    assert ACCOUNTS.find(DEVELOPMENT_ACCOUNT) == ACCOUNTS.first == ours
    assert ACCOUNTS.find("elsewhere") == Account("elsewhere", KEY, ELSEWHERE, False)
    assert ACCOUNTS.find("nobody") is None
    assert Accounts(StorageDeclaration(accounts=[]), EMBEDDED).first is None


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (OURS, f"{EMBEDDED}/devstoreaccount1"),
        (Place("elsewhere", token="t"), ELSEWHERE),
        (Place("foreign", "https://allowed.example", "k"), "https://allowed.example"),
        (Place("", "https://allowed.example", token="t"), "https://allowed.example"),
        (Place("gone", key="k"), ""),
    ],
)
def test_a_place_is_found_at_its_address_of_today(place: Place, url: str) -> None:
    """Ours where they are declared, others where the client said."""
    address = ACCOUNTS.address(place, "demo", "a/b.csv")
    assert (address.url, address.location) == (url, "demo/a/b.csv")
    assert (address.account, address.key, address.token) == (place.account, place.key, place.token)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"DefaultEndpointsProtocol=https;{NAMED}", OURS),
        (f"{NAMED};", OURS),
        (f" ;;AccountKey = {DEVELOPMENT_KEY} ; AccountName = devstoreaccount1 ;", OURS),
        (f"ACCOUNTNAME=devstoreaccount1;accountkey={DEVELOPMENT_KEY}", OURS),
        (f"{NAMED};BlobEndpoint=https://evil.example;TableEndpoint=x;Unknown=y", OURS),
        (f"{NAMED};EndpointSuffix=evil.example", OURS),
        ("UseDevelopmentStorage=true", OURS),
        ("usedevelopmentstorage=True;DevelopmentStorageProxyUri=http://evil.example", OURS),
        (
            "BlobEndpoint=https://elsewhere.blob.core.windows.net/;SharedAccessSignature=?sig=a",
            Place("elsewhere", token="sig=a"),
        ),
        (
            "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;SharedAccessSignature=sig=a",
            Place(DEVELOPMENT_ACCOUNT, token="sig=a"),
        ),
        (
            "BlobEndpoint=http://localhost:10000/devstoreaccount1/;SharedAccessSignature=sig=a",
            Place(DEVELOPMENT_ACCOUNT, token="sig=a"),
        ),
        (
            "AccountName=elsewhere;AccountKey=;SharedAccessSignature=a",
            Place("elsewhere", token="a"),
        ),
        ("AccountName=elsewhere;AccountKey=a==", Place("elsewhere", key="a==")),
        (
            "AccountName=foreign;AccountKey=k;BlobEndpoint=https://ALLOWED.example/x/",
            Place("foreign", "https://ALLOWED.example/x", "k"),
        ),
        (
            "AccountName=foreign;AccountKey=k;BlobEndpoint=http://other.example:8080",
            Place("foreign", "http://other.example:8080", "k"),
        ),
        (
            "AccountName=foreign;SharedAccessSignature=t;BlobEndpoint=http://127.0.0.1:10010/foreign",
            Place("foreign", "http://127.0.0.1:10010/foreign", token="t"),
        ),
    ],
)
def test_a_connection_string_means_an_account(text: str, place: Place) -> None:
    """Ours by name, wherever the string says that they are; others if their host is allowed."""
    assert ACCOUNTS.by_connection_string(text) == place


def test_an_endpoint_suffix_names_the_host() -> None:
    """A string without an endpoint means the host of the account in that cloud."""
    declared = StorageDeclaration(
        allowed_hosts=["cloud.blob.core.windows.net", "cloud.blob.core.cloudapi.de"]
    )
    accounts = Accounts(declared, EMBEDDED)
    found = [
        accounts.by_connection_string(f"AccountName=cloud;AccountKey=k;{rest}").url
        for rest in ("", "EndpointSuffix=core.cloudapi.de;DefaultEndpointsProtocol=http")
    ]
    assert found == ["https://cloud.blob.core.windows.net", "http://cloud.blob.core.cloudapi.de"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";;",
        "x",
        "=x",
        "UseDevelopmentStorage=false",
        "UseDevelopmentStorage",
        "AccountName=devstoreaccount1",
        "AccountKey=a2V5",
        "AccountName=devstoreaccount1;AccountKey=",
        "AccountName=;AccountKey=a2V5",
        f"{NAMED};x",
        "BlobEndpoint=;SharedAccessSignature=a",
        "BlobEndpoint=http://[::1;SharedAccessSignature=a",
    ],
)
def test_what_is_no_connection_string_is_told(text: str) -> None:
    """Without account, without credential, or with a pair that is none."""
    with pytest.raises(ConnectionStringNotUsable) as refused:
        ACCOUNTS.by_connection_string(text)
    assert refused.value.reason in (
        "no account or no credential",
        "not of the form name=value;…",
        "not an account of mockserver.yaml, and its host is not allowed",
    )


FOREIGN = [
    "http://evil.example",
    "https://evil.example/devstoreaccount1",
    "http://127.0.0.1:10000@evil.example/",
    "http://127.0.0.1:10000/devstoreaccount1@evil.example",
    "http://allowed.example@evil.example/",
    "http://evil.example\\@allowed.example/",
    "http://allowed.example\\.evil.example/",
    "http://allowed.example.evil.example/",
    "http://evil.example#allowed.example",
    "http://evil.example?allowed.example",
    "http://allowed.example/?sig=a",
    "http://allowed.example/#a",
    "http://allowed.example:81/",
    "http://allowed.example:443/",
    "https://allowed.example:80/",
    "http://allowed.example:99999/",
    "http://allowed.example:x/",
    "http://allowed.example./",
    "http://other.example/",
    "http://other.example:80/",
    "http://127.0.0.1/",
    "http://127.0.0.1:10011/",
    "http://127.1:10010/",
    "http://0x7f000001:10010/",
    "http://[::1]:10010/",
    "http://[::ffff:127.0.0.1]:10010/",
    "http://[::1",
    "http://169.254.169.254/metadata",
    "ftp://allowed.example/",
    "file:///etc/passwd",
    "gopher://allowed.example/",
    "//allowed.example/",
    "allowed.example",
    "/",
    "http:",
    "http://",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_no_client_sends_the_server_anywhere(url: str) -> None:
    """A host that is neither ours nor listed is refused, however the address disguises it."""
    with pytest.raises(AddressNotAllowed, match="is no address of a known storage account"):
        ACCOUNTS.by_address(url, "sig=a")
    with pytest.raises(ConnectionStringNotUsable):
        ACCOUNTS.by_connection_string(f"AccountName=foreign;AccountKey=k;BlobEndpoint={url or 'x'}")


@pytest.mark.parametrize("name", ["evil.example/", "evil.example#", "u@evil.example/", "evil/?"])
def test_an_account_name_is_no_way_out(name: str) -> None:
    """Nor a suffix or a protocol: the host that comes of them must be allowed like any other."""
    for rest in ("", "EndpointSuffix=x/allowed.example", "DefaultEndpointsProtocol=file"):
        with pytest.raises(ConnectionStringNotUsable):
            ACCOUNTS.by_connection_string(f"AccountName={name};AccountKey=k;{rest}")


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("http://127.0.0.1:10000/devstoreaccount1/", Place(DEVELOPMENT_ACCOUNT, token="t")),
        ("http://127.0.0.1:10000/devstoreaccount1", Place(DEVELOPMENT_ACCOUNT, token="t")),
        ("http://localhost:10000/devstoreaccount1/", Place(DEVELOPMENT_ACCOUNT, token="t")),
        (f"{ELSEWHERE}/", Place("elsewhere", token="t")),
        ("https://devstoreaccount1.blob.core.windows.net/", Place(DEVELOPMENT_ACCOUNT, token="t")),
        # By its name the account is ours, and so nobody else is asked.
        ("http://devstoreaccount1.blob.evil.example/", Place(DEVELOPMENT_ACCOUNT, token="t")),
        ("http://allowed.example/x/", Place("", "http://allowed.example/x", token="t")),
        ("HTTPS://Allowed.Example", Place("", "HTTPS://Allowed.Example", token="t")),
    ],
)
def test_an_address_means_an_account(base: str, place: Place) -> None:
    """Ours by its address or its name, and then it is found at our address; another if allowed."""
    found = ACCOUNTS.by_address(base, "t")
    assert found == place
    assert "evil" not in ACCOUNTS.address(found, "c", "b").url


# --- secrets --------------------------------------------------------------------------------------

KEYS = st.binary(min_size=30, max_size=64).map(lambda secret: base64.b64encode(secret).decode())
PAIRS = ["DefaultEndpointsProtocol=https", "AccountName=foreign", "EndpointSuffix=evil.example"]
JUNK = st.text(st.sampled_from(string.ascii_letters + string.digits + ";=, :\n?&"), max_size=8)


@st.composite
def mutilated(draw: st.DrawFn) -> tuple[str, str]:
    """Return a key and a connection string that holds it, with bits lost and bits added."""
    key = draw(KEYS)
    name = draw(st.sampled_from(["AccountKey=", "AccountName=", "SharedAccessSignature=", ""]))
    pieces = draw(st.permutations([*PAIRS, name + key]))
    separator = draw(st.sampled_from([";", ",", " ", "", "\n", ";;", "="]))
    text = separator.join(pieces)
    start = text.index(key)
    cut = draw(st.integers(0, start))
    end = start + len(key)
    text = draw(JUNK) + text[cut:end] + draw(JUNK) + text[end + draw(st.integers(0, 9)) :]
    return key, text


@given(mutilated())
def test_no_message_holds_a_key(given_text: tuple[str, str]) -> None:
    """However a connection string is broken, neither its error nor the log tells the key."""
    key, text = given_text
    try:
        ACCOUNTS.by_connection_string(text)
    except ConnectionStringNotUsable as refused:
        told = str(refused) + refused.reason
        assert key.rstrip("=") not in told
        assert not any(key[start : start + 16] in told for start in range(len(key) - 16))
    else:
        assume(False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AccountName=foreign;AccountKey=secret", "AccountName=foreign;AccountKey=***"),
        (" accountname = foreign ;x;secret=x", "accountname=foreign;***;***"),
        ("AccountName=foreign,AccountKey=secret", "AccountName=***"),
        (
            "BlobEndpoint=http://x;SharedAccessSignature=t",
            "BlobEndpoint=***;SharedAccessSignature=***",
        ),
    ],
)
def test_an_error_shows_what_is_no_secret(text: str, shown: str) -> None:
    """The names of pairs that everybody knows, and the name of the account."""
    with pytest.raises(ConnectionStringNotUsable) as refused:
        ACCOUNTS.by_connection_string(text)
    assert refused.value.arguments == (shown,)


def test_an_error_is_short() -> None:
    """A client that sends a page gets a line."""
    with pytest.raises(ConnectionStringNotUsable) as refused:
        ACCOUNTS.by_connection_string("x;" * 10_000)
    assert len(refused.value.arguments[0]) == 300
    with pytest.raises(AddressNotAllowed) as too_long:
        ACCOUNTS.by_address("http://evil.example/" + "x" * 10_000, "")
    assert len(too_long.value.arguments[0]) < 400


@pytest.mark.parametrize(
    "base",
    [
        f"DefaultEndpointsProtocol=https;AccountName=foreign;AccountKey={KEY}",
        f"https://user:{KEY}@evil.example/",
        f"https://evil.example/?sig={KEY}",
    ],
)
def test_an_address_that_is_refused_is_told_without_secrets(base: str) -> None:
    """Neither a connection string in the wrong member, nor a password or a token is repeated."""
    with pytest.raises(AddressNotAllowed) as refused:
        ACCOUNTS.by_address(base, "")
    assert KEY.rstrip("=") not in refused.value.arguments[0] + refused.value.reason
