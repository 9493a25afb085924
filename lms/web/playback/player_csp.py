"""The content security policy of a page with the player.

media-chrome 4.19.4 adds <style> elements to its shadow roots. Each is allowed by its hash, so that no
other inline style is; tests/design/test_specimen_in_browser.py finds hashes that are missing after an
upgrade.
"""

from urllib.parse import urlsplit

from lms.core.runtime import Carrel
from lms.web.core.security_headers_and_proxies import POLICY
from media.delivery.delivery_modes import Way

STYLE_HASHES = (
    "sha256-u9QbZFotzXmueF5++vF67kU7//2WrLk1pDPWrQH/VB4=",
    "sha256-+XYYAhYtiUsaw0+wUtfcBE3yMARPO4zdUhZGkDgDohM=",
    "sha256-1Jc+kPhfOh4UvXYTCgDHEAV3Caafvsf5jeNdPbSiQ8o=",
    "sha256-3Oz2AB/qdN2TQxLE95Qhnw9OwURUwWVNhXgFRINu5U4=",
    "sha256-3mr12lsHkByBAuT5HIjiVaMHjH42rxTHchQEttT3yhE=",
    "sha256-5LsYGeD4Fwu+AtlpdRPSk6g18GLvHddLqx5a2hMGkpw=",
    "sha256-6U5HAlWzYb5wxRpqnEoQDmVLk4wH/2LkYlNKhVudVNU=",
    "sha256-C7t4uFhGErrgCiy7sp4fN8QAsq2Xafh4lWfnefi0l/E=",
    "sha256-CZ8hU2wFQkJQTP3Dj2nl5E530al0uN4149GNCvQZTDE=",
    "sha256-FJDsT4KjYhIHD4cgyHsE3i0MHwG0mRlV8tbplZ3s6+A=",
    "sha256-GD/7u05tW5TRiymTThnNFOp6kG/cGDdJ0PZE3AUHvEY=",
    "sha256-Hgkgk5WNXnmXCx4VXTW7SQmDlJosyEQOVkEXmfhoBNw=",
    "sha256-Hk7Xbc51M4+KlItrLhcesjhH4Bw/d/ccA2AdmchCVHA=",
    "sha256-JtGL9Nry1EePSwAYuDfDEJaZjQ90hmOJ9/+IVreUli4=",
    "sha256-LLrbL3VRTSpcR7f/VRuhdwB3hQdbFqJkzjoEZmHBXIw=",
    "sha256-MV44r6ksBw+mCcZujzocHAOffIPu/joVS2FNHESx3Ho=",
    "sha256-Q/W/AoDhDmSYKoOkeSPGSjZ74lRGffL+iOMPi8HRljY=",
    "sha256-QwGRH7FZjlYvUToJbgSABm4JzOO22/PEzt2pIdUUy0w=",
    "sha256-VJnVbqNRyX0jCFZEJ4ltrffJx26lCuyVbNYdioxBwzQ=",
    "sha256-W9200sCekROkcax0iJ77FC7fL1XmtkKZFU4jWBgOGi0=",
    "sha256-Z/uphCaT8SDUy/aHCSWlW3ogtH3KvmQv8nxXBDiodjQ=",
    "sha256-ad5pLE4ykOnAn8/VmRayKdKPhP3pvqoX4MGy3EktnBg=",
    "sha256-b3noO/y4JTzKoTqWy4q1YNIYCbW/wi8dpcCUEeLpygM=",
    "sha256-ht0lWzTph+4n5OLgZNCqrzTN6/I/kfJqSZeGm0Pn+5k=",
    "sha256-icRYLLVSVG1RE2ze2JPpc2di/XuMtAkqJdem5GFjU5M=",
    "sha256-l0oXN8ELODFEFGnJztGBqT5qrnYVXGDHmO9UVWjtMXA=",
    "sha256-m+frfzRQalnJwRN07WZLWSWd4eM4WsynbWp5qQi8Or0=",
    "sha256-mnAwYiKZjKjmMRPQb+3rIYpvog60tp5zm6cm4IOrxvk=",
    "sha256-ntLc0OsGs5UqjKSXE1qa+TXLOCjusElQkJiwbDf5ado=",
    "sha256-sAS/YwJd8QhcsuwF6ji1l+uwVdgQ8O/zcjWaGi0VXSw=",
    "sha256-tXRtzXU1dIfnhUwN+KO1mns7NTBJOhRaxuF5wwOVZ4A=",
    "sha256-uCYgKM8RuBPuS3rGnkNQo7xPByu6FzW8A9M5XainMpU=",
    "sha256-xPGr0kPRXSSQwuLEe+wH5cnFEbvt5xz9QfByD425vdo=",
    "sha256-xjR8G5GXZlPIsDkSRiuiXzUvRdxc8tuwFRIY/sJnEpo=",
    "sha256-ybkwgORVaNpgfHWjB4yaZjEyg46ZMdeyLM32opbKlpo=",
)
PLAYER_POLICY = "; ".join(
    (POLICY, " ".join(("style-src 'self'", *(f"'{found}'" for found in STYLE_HASHES))))
)


def player_policy(carrel: Carrel) -> str:
    """Return the player's policy; if media come from the storage bucket, it allows requests to it."""
    if carrel.settings.delivery is not Way.REDIRECT:
        return PLAYER_POLICY
    address = urlsplit(carrel.storage.address("films", 1, "video/mp4", "bytes=0-0") or "")
    return f"{PLAYER_POLICY}; connect-src 'self' {address.scheme}://{address.netloc}"
