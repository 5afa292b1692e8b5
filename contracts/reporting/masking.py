"""How is a secret kept out of everything that is shown?"""

from urllib.parse import quote, quote_plus

from contracts.target import Target

MASK = "[key]"


class Masking:
    """Replaces every key of some targets, in each form in which it may appear."""

    def __init__(self, *targets: Target) -> None:
        forms: set[str] = set()
        for secret in [secret for target in targets for secret in target.secrets]:
            escaped = secret.replace("\\", "\\\\").replace("/", "\\/")
            forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escaped}
            forms |= {secret.upper(), secret.lower(), secret.swapcase(), secret[::-1]}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return a text without the keys."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text
