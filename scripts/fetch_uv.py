"""Puts uv into `.tools`, from PyPI, with nothing but this Python.

Run by the Makefile when no uv is installed. Usage: fetch_uv.py VERSION
"""

import subprocess
import sys
import venv
from pathlib import Path

TOOLS = Path(".tools")
NEEDED = (3, 11)


def main(version: str) -> str | None:
    """Install uv; return what is missing, or None."""
    if sys.version_info < NEEDED:
        found = ".".join(map(str, sys.version_info[:2]))
        return f"Yingda needs Python 3.11 or newer, this is {found}: make PYTHON=python3.12 …"
    try:
        venv.create(TOOLS, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        return "this Python comes without venv; on Debian and Ubuntu: apt install python3-venv"
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "install", f"uv=={version}"], check=False)  # noqa: S603 our own words
    return None if done.returncode == 0 else "uv could not be installed; is PyPI reachable?"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
