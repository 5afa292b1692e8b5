"""Which settings win, and what is refused?"""

import pytest
from pydantic import ValidationError

from mockserver.settings import Settings, from_environment


def test_every_setting_has_a_default_and_a_description() -> None:
    """An emulator needs no settings, and each one is explained."""
    assert Settings().services_port == 8080
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_is_read_by_name() -> None:
    """`MOCKSERVER_HOST` is `host`; other variables are none of ours."""
    environment = {"MOCKSERVER_HOST": "::1", "MOCKSERVER_SERVICES_PORT": "1", "HOST": "x"}
    given = from_environment(environment)
    assert given == {"host": "::1", "services_port": "1"}
    assert Settings().overridden(given).services_port == 1


def test_later_values_win_and_are_validated() -> None:
    """What is put over a setting is checked like the setting itself."""
    settings = Settings(services_port=1, host="a").overridden({"services_port": 2})
    assert (settings.services_port, settings.host) == (2, "a")
    with pytest.raises(ValidationError):
        settings.overridden({"services_port": 70000})
