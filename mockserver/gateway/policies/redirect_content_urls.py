"""`<redirect-content-urls>`: links to the backend become links to the gateway."""

import re
from typing import Self
from weakref import WeakKeyDictionary

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import is_encoded, message_of, put_body
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader, SectionName
from mockserver.gateway.values import PolicyNotUsable

FACTS = (
    Fact(
        "redirect-content-urls writes links to the backend in a response so that they lead to the"
        " gateway, in inbound the other way round. Headers, Location too, stay. It can be used"
        " once in a section.",
        Evidence.PUBLISHED,
        "the page on redirect-content-urls",
    ),
    Fact(
        "What is replaced is the backend's base URL, where it ends or a path, query or fragment"
        " follows; it becomes the scheme and host that the client used and the API's suffix. Other"
        " URLs stay, as do compressed bodies.",
        Evidence.ASSUMED,
        "the page shows one picture; responses with near misses on a live gateway would settle it",
    ),
)

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_NO_LONGER = r"(?![A-Za-z0-9_~%:@-]|\.[A-Za-z0-9])"
"""What must not follow: the URL would be another one."""
_used: "WeakKeyDictionary[Reader, set[SectionName]]" = WeakKeyDictionary()
"""In which sections of the documents that are being read it stands already."""


class RedirectContentUrls(Policy):
    """Changes the body of the response, in inbound that of the request."""

    sections = ("inbound", "outbound")

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        sections = _used.setdefault(reader, set())
        if reader.section in sections:
            raise PolicyNotUsable("it can be used once in a section only")
        sections.add(reader.section)
        return cls()

    @override
    async def run(self, call: Call) -> None:
        message = message_of(call, self.place.section)
        backend, suffix = call.request.url.base, call.route.api.path
        gateway = f"{call.original_url.base}/{suffix}" if suffix else call.original_url.base
        if not backend or is_encoded(message.headers):
            return
        pair = (gateway, backend) if self.place.section == "inbound" else (backend, gateway)
        content = await message.body.load(call.runtime.max_buffered_bytes)
        changed = redirected(content, *pair)
        if changed != content:
            put_body(message, changed)


def redirected(content: bytes, base: str, new_base: str) -> bytes:
    """Return a body in which URLs that begin with one base begin with another one."""
    origin = _ORIGIN.match(base)
    end = origin.end() if origin else 0
    # Scheme and host know no case, the path does.
    pattern = f"(?i:{re.escape(base[:end])}){re.escape(base[end:])}{_NO_LONGER}"
    return re.sub(pattern.encode("utf-8"), lambda _: new_base.encode("utf-8"), content)


POLICY = RedirectContentUrls
