"""The version is stated once, in lms/core/version.py."""

from configparser import ConfigParser

from lms.core.version import VERSION
from tests.rules.source_files import ROOT, name_of, product


def test_setup_cfg_takes_the_version_from_the_code() -> None:
    setup = ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert setup["metadata"]["version"] == "attr: lms.core.version.VERSION"


def test_one_module_states_the_version() -> None:
    stating = [
        name_of(path) for path in product() if f'"{VERSION}"' in path.read_text(encoding="utf-8")
    ]
    assert stating == ["lms/core/version.py"]
