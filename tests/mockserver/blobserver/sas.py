"""How does a client make a shared access signature of any version, written down a second time?"""

from urllib.parse import urlencode

from tests.mockserver.blobserver.signing import ACCOUNT, signature

START, END = "2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"


def service_token(version: str, container: str, blob: str = "", **given: str) -> str:
    """Return a token for a blob, or for a container if no blob is named."""
    values = {"sp": "r", "st": START, "se": END, "sr": "b" if blob else "c", "sv": version, **given}
    place = f"/{ACCOUNT}/{container}" + (f"/{blob}" if blob else "")
    after = [values.get(name, "") for name in ("rscc", "rscd", "rsce", "rscl", "rsct")]
    times = [values["sp"], values["st"], values["se"]]
    id_ = values.get("si", "")
    origin = [values.get("sip", ""), values.get("spr", "")]
    if version >= "2020-12-06":
        lines = [*times, f"/blob{place}", id_, *origin, version, values["sr"], "", "", *after]
    elif version >= "2018-11-09":
        lines = [*times, f"/blob{place}", id_, *origin, version, values["sr"], "", *after]
    elif version >= "2015-04-05":
        lines = [*times, f"/blob{place}", id_, *origin, version, *after]
    elif version >= "2013-08-15":
        slash = "/blob" if version >= "2015-02-21" else ""
        lines = [*times, slash + place, id_, version, *after]
    else:
        lines = [*times, place, id_, version]
    return urlencode({**values, "sig": signature("\n".join(lines))})


def account_token(version: str = "2021-12-02", **given: str) -> str:
    """Return a token for the whole account."""
    values = {"sp": "rwdlac", "ss": "b", "srt": "sco", "st": START, "se": END, "sv": version}
    values |= given
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    names += ["ses"] if version >= "2020-12-06" else []
    lines = [ACCOUNT, *(values.get(name, "") for name in names), ""]
    return urlencode({**values, "sig": signature("\n".join(lines))})
